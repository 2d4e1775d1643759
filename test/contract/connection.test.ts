import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Admission } from '../../app/routes/admission.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { RawConnection, exchange, type RawAnswer, type RawExchange } from '../testing/raw-http.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { createTestApp, listenTestApp } from '../testing/test-app.js';
import { expectedAnswers } from '../testing/test-model.js';

const BODY = JSON.stringify(EXAMPLE_READING);
const KEY = `x-api-key: ${API_KEY}\r\n`;
const LIMIT = 32_768;
const TOO_LARGE = '{"body":"Body too large: expected at most 32768 bytes","status":"fail"}';
const MALFORMED = '{"body":"Bad request: not a valid HTTP request","status":"fail"}';

/** A request with a body; the given headers come in addition. */
function post(body: string, headers = '', start = 'POST /reg/ HTTP/1.1'): string {
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${start}\r\nhost: regno\r\n${KEY}${headers}${length}\r\n${body}`;
}

function chunked(...parts: readonly string[]): string {
  const head = `POST /reg/ HTTP/1.1\r\nhost: regno\r\n${KEY}transfer-encoding: chunked\r\n\r\n`;
  const chunks = parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
  return `${head}${chunks.join('')}0\r\n\r\n`;
}

describe('connections to the service', () => {
  let service: Service;
  let trueAnswer: string;

  beforeAll(async () => {
    service = await startService({
      env: {
        WORKERS: '1',
        REGNO_HEADERS_TIMEOUT_MS: '700',
        REGNO_BODY_TIMEOUT_MS: '1200',
        REGNO_REQUESTS_PER_SOCKET_MAX: '50',
      },
    });
    [trueAnswer = ''] = await expectedAnswers([EXAMPLE_READING]);
  });

  const ask = (bytes: string | Uint8Array, answers = 1): Promise<RawExchange> =>
    exchange(service.port, bytes, { answers });
  const statuses = ({ answers }: RawExchange): number[] => answers.map(({ status }) => status);

  describe('ways to write a request', () => {
    it.each([
      ['with a length', () => post(BODY)],
      ['in one chunk', () => chunked(BODY)],
      ['in chunks of one character', () => chunked(...BODY)],
      ['to an absolute URL', () => post(BODY, '', 'POST http://another.example/reg/ HTTP/1.1')],
      [
        'to an absolute URL of an odd host',
        () => post(BODY, '', 'POST HTTP://a:b/reg/?x HTTP/1.1'),
      ],
      ['with a query', () => post(BODY, '', 'POST /reg/?x=%00%ff HTTP/1.1')],
      [
        'with an Upgrade that is not taken',
        () => post(BODY, 'connection: upgrade\r\nupgrade: websocket\r\n'),
      ],
      ['with an expectation nobody knows', () => post(BODY, 'expect: miracles\r\n')],
      ['after empty lines', () => `\r\n\r\n${post(BODY)}`],
    ])('answers %s', async (_what, request) => {
      const { answers } = await ask(request());
      expect(answers[0]?.status).toBe(200);
      expect(answers[0]?.body).toBe(trueAnswer);
    });

    it('answers byte by byte', async () => {
      const connection = await RawConnection.open(service.port);
      for (const byte of Buffer.from(post(BODY))) await connection.write(Uint8Array.of(byte));
      const { answers } = await connection.read({ answers: 1 });
      expect(answers[0]?.body).toBe(trueAnswer);
      connection.close();
    });

    it('answers HTTP/1.0 and closes', async () => {
      const { answers, ending } = await exchange(
        service.port,
        post(BODY, '', 'POST /reg/ HTTP/1.0'),
      );
      expect(answers[0]?.body).toBe(trueAnswer);
      expect(answers[0]?.headers.get('connection')).toBe('close');
      expect(ending).toBe('closed');
    });

    it('sends 100 Continue to a client that waits for it', async () => {
      const connection = await RawConnection.open(service.port);
      const [head = '', body = ''] = post(BODY, 'expect: 100-continue\r\n').split('\r\n\r\n');
      await connection.write(`${head}\r\n\r\n`);
      await connection.read({ answers: 1, timeoutMs: 200 });
      expect(connection.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      await connection.write(body);
      const { answers } = await connection.read({ answers: 1 });
      expect(answers[0]?.body).toBe(trueAnswer);
      connection.close();
    });

    it('answers pipelined requests in order, each its own', async () => {
      const readings = makeReadings(20, 21);
      const expected = await expectedAnswers(readings);
      const requests = readings.map((reading, i) => {
        const bad = i % 3 === 1;
        return post(bad ? '{}' : JSON.stringify(reading), `x-request-id: r${i}\r\n`);
      });
      const { answers } = await ask(requests.join(''), readings.length);
      expect(answers.map(({ headers }) => headers.get('x-request-id'))).toEqual(
        readings.map((_, i) => `r${i}`),
      );
      for (const [i, answer] of answers.entries()) {
        if (i % 3 === 1) expect(answer.status).toBe(400);
        else expectSameScores(answer, expected[i]!);
      }
    });

    it('answers a whole request ahead of garbage on its connection, then 400 and the end', async () => {
      for (let i = 0; i < 5; i++) {
        const fresh = JSON.stringify({ ...EXAMPLE_READING, recognition_accuracy: 40 + i });
        const two = `${post(fresh)}${post(BODY)}GARBAGE\r\n\r\n`;
        const exchanged = await exchange(service.port, two);
        expect(statuses(exchanged)).toEqual([200, 200, 400]);
        expect(exchanged.ending).toBe('closed');
      }
    });

    it('asks a client to close its connection after as many requests as configured', async () => {
      const connection = await RawConnection.open(service.port);
      for (let i = 1; i <= 50; i++) {
        await connection.write(post(BODY));
        const { answers } = await connection.read({ answers: i });
        expect(answers[i - 1]?.status).toBe(200);
        expect(answers[i - 1]?.headers.get('connection')).toBe(i < 50 ? 'keep-alive' : 'close');
      }
      connection.close();
    });
  });

  describe('what is not HTTP', () => {
    it.each([
      ['a word', 'hello\r\n\r\n'],
      ['an unknown method', `FETCH /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}\r\n`],
      ['a TLS greeting', Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3)],
      ['zeros', new Uint8Array(64)],
      ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['HTTP/9.9', `GET / HTTP/9.9\r\nhost: x\r\n${KEY}\r\n`],
      ['a header without colon', `GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n`],
      ['a header with a space in its name', `GET / HTTP/1.1\r\nhost: x\r\nx y: 1\r\n\r\n`],
      ['a folded header', `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: a\r\n b: c\r\n\r\n`],
      ['a bare CR in a header', `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: a\rx-evil: 1\r\n\r\n`],
      ['a NUL in a header', `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: a\0b\r\n\r\n`],
      [
        'two lengths',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      ],
      [
        'a length and chunks',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['a negative length', `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: -1\r\n\r\n`],
      [
        'a length that is no number',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: 1e3\r\n\r\n`,
      ],
      [
        'a length beyond 64 bits',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: ${'9'.repeat(30)}\r\n\r\n`,
      ],
      [
        'an unknown transfer coding',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}transfer-encoding: gzip\r\n\r\nabc`,
      ],
      [
        'a chunk whose size is no number',
        `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      ],
    ])('answers 400 to %s and closes', async (_what, bytes) => {
      const exchanged = await exchange(service.port, bytes);
      expect(exchanged.ending).toBe('closed');
      const [answer, ...more] = exchanged.answers;
      expect(more).toEqual([]);
      expect(answer?.status).toBe(400);
      expect(answer?.body).toBe(MALFORMED);
      expect(answer?.headers.get('connection')).toBe('close');
      expect(answer?.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
      expect(answer?.headers.get('x-error-code')).toBe('malformed_http');
      expect(answer?.headers.has('x-evil')).toBe(false);
    });

    it.each([
      ['HTTP/1.1 without Host', 'GET / HTTP/1.1', 'HTTP/1.1 requires a Host header'],
      ['a target without a path', 'GET http:// HTTP/1.1\r\nhost: x', 'no valid path'],
      ['two Hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHOST: y', 'expected one Host header'],
      ['two Hosts that are alike', 'GET / HTTP/1.0\r\nhost: x\r\nhost: x', 'expected one Host'],
      ['a Host with a path', 'GET / HTTP/1.1\r\nhost: x/y', 'expected a host'],
      ['a Host with a blank', 'GET / HTTP/1.1\r\nhost: x y', 'expected a host'],
      ['a Host with a user', 'GET / HTTP/1.1\r\nhost: u@x', 'expected a host'],
      ['a target that is half a host', 'GET http://? HTTP/1.1\r\nhost: x', 'no valid path'],
    ])('answers 400 in its envelope to %s', async (_what, start, words) => {
      const { answers } = await ask(`${start}\r\n${KEY}\r\n`);
      expect(answers[0]?.status).toBe(400);
      expect(answers[0]?.body).toMatch(/^\{"body":"Bad request: .*","status":"fail"\}$/);
      expect(answers[0]?.body).toContain(words);
      expect(answers[0]?.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
      expect(answers[0]?.headers.get('x-error-code')).toBe('malformed_http');
    });

    it.each([
      'regno',
      'regno:5000',
      'regno:',
      '[::1]:5000',
      '127.0.0.1',
      'xn--d1acufc.xn--p1ai',
      '',
    ])('answers whatever Host %j is called by', async (host) => {
      expect(statuses(await ask(`GET / HTTP/1.1\r\nhost: ${host}\r\n${KEY}\r\n`))).toEqual([200]);
    });

    it('answers HTTP/1.0 without Host', async () => {
      expect(statuses(await ask(`GET / HTTP/1.0\r\n${KEY}\r\n`))).toEqual([200]);
    });

    it('closes the connection of CONNECT without an answer', async () => {
      const exchanged = await exchange(service.port, 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n');
      expect(exchanged).toEqual({ answers: [], ending: 'closed' });
    });

    it.each(['/%ff', '/%', '/docs/%ff', '/%e0%a4%a'])(
      'does not fail on the path %s',
      async (path) => {
        const request = (key: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${key}\r\n`;
        expect([400, 404]).toContain(statuses(await ask(request(KEY)))[0]);
        expect([400, 401]).toContain(statuses(await ask(request('')))[0]);
      },
    );

    it('takes a header line that a CRLF in a value makes for a header, not for text', async () => {
      const { answers } = await ask(post(BODY, 'x-request-id: ok\r\nset-cookie: a=1\r\n'));
      expect(answers[0]?.headers.get('x-request-id')).toBe('ok');
      expect(answers[0]?.headers.has('set-cookie')).toBe(false);
    });
  });

  describe('bodies over the limit', () => {
    const sizes = [LIMIT + 1, 100_000, 1_048_577, 3_000_000, 12_000_000];
    it.each(sizes)(
      'answers 413 to an announced body of %d bytes, and the next request',
      async (size) => {
        const { answers } = await ask(post('x'.repeat(size)) + post(BODY), 2);
        expect(answers.map(({ status }) => status)).toEqual([413, 200]);
        expect(answers[0]?.body).toBe(TOO_LARGE);
        expect(answers[1]?.body).toBe(trueAnswer);
      },
    );

    it.each(sizes)('answers 413 to %d bytes in chunks, and the next request', async (size) => {
      const parts = Array.from({ length: Math.ceil(size / 60_000) }, () => 'x'.repeat(60_000));
      const { answers } = await ask(chunked(...parts) + post(BODY), 2);
      expect(answers.map(({ status }) => status)).toEqual([413, 200]);
      expect(answers[1]?.body).toBe(trueAnswer);
    });

    it('answers before the body is sent where its length was announced', async () => {
      const connection = await RawConnection.open(service.port);
      const head = `POST /reg/ HTTP/1.1\r\nhost: x\r\n${KEY}content-length: ${LIMIT + 1}\r\n\r\n`;
      await connection.write(head);
      expect((await connection.read({ answers: 1 })).answers[0]?.body).toBe(TOO_LARGE);
      connection.close();
    });

    it.each([1, 5, 30])(
      'shows the 413 to fetch with a body of %d MB, every time',
      async (megabytes) => {
        for (let i = 0; i < 5; i++) {
          const answer = await fetch(`${service.url}/reg/`, {
            method: 'POST',
            headers: { 'x-api-key': API_KEY },
            body: new Uint8Array(megabytes * 1_048_576),
          });
          expect(answer.status).toBe(413);
          expect(await answer.text()).toBe(TOO_LARGE);
        }
      },
    );

    it.each([401, 415, 405])('does not lose a %d over a long body', async (status) => {
      const body = 'x'.repeat(5_000_000);
      const request =
        status === 401
          ? post(body).replace(KEY, '')
          : status === 415
            ? post(body, 'content-type: text/plain\r\n')
            : post(body, '', 'PUT /reg/ HTTP/1.1');
      const { answers } = await ask(request + post(BODY), 2);
      expect(answers.map((answer) => answer.status)).toEqual([status, 200]);
    });
  });

  describe('heads over the limit', () => {
    it('answers 431 to more than 100 headers, and 200 to as many', async () => {
      const head = (count: number): string =>
        `GET / HTTP/1.1\r\nhost: x\r\n${KEY}${'x: a\r\n'.repeat(count - 2)}\r\n`;
      expect(statuses(await ask(head(100)))).toEqual([200]);
      const exchanged = await exchange(service.port, head(101));
      expect(statuses(exchanged)).toEqual([431]);
      expect(exchanged.answers[0]?.body).toContain('expected at most 100 headers');
      expect(exchanged.ending).toBe('closed');
    });

    it.each([
      ['one long header', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`],
      [
        'many headers',
        `GET / HTTP/1.1\r\nhost: x\r\n${'x: aaaaaaaaaaaaaaaa\r\n'.repeat(1500)}\r\n`,
      ],
      ['a long path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ])('answers 431 to %s', async (_what, request) => {
      const exchanged = await exchange(service.port, request);
      expect(exchanged.ending).toBe('closed');
      expect(exchanged.answers[0]?.status).toBe(431);
      expect(exchanged.answers[0]?.body).toBe(
        '{"body":"Request header fields too large","status":"fail"}',
      );
      expect(exchanged.answers[0]?.headers.get('x-error-code')).toBe('headers_too_large');
      expect(exchanged.answers[0]?.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    });
  });

  describe('slow clients', () => {
    const late = '{"body":"Request timeout: the request was not sent in time","status":"fail"}';
    it.each([
      ['nothing but a head begun', `GET / HTTP/1.1\r\nhost: x\r\n`],
      ['a body begun', post(BODY).slice(0, -10)],
      ['chunks begun', chunked(BODY).slice(0, -10)],
    ])('answers 408 to %s, and closes', async (_what, begun) => {
      const startedAt = performance.now();
      const exchanged = await exchange(service.port, begun);
      expect(exchanged.ending).toBe('closed');
      expect(exchanged.answers.map(({ body }) => body)).toEqual([late]);
      expect(exchanged.answers[0]?.status).toBe(408);
      expect(performance.now() - startedAt).toBeLessThan(5000);
    });

    it('forgets the requests of clients that leave half-way', async () => {
      for (let i = 0; i < 20; i++) {
        const connection = await RawConnection.open(service.port);
        await connection.write(post(BODY).slice(0, -10));
        connection.close();
      }
      const { answers } = await ask(post(BODY));
      expect(answers[0]?.status).toBe(200);
    });
  });

  it('is as well as before after all this', async () => {
    expect(statuses(await ask('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n'))).toEqual([200]);
    const { answers } = await ask(post(BODY));
    expect(answers[0]?.body).toBe(trueAnswer);
    expect(service.process.text).not.toContain('worker died');
    // Nothing but the log's JSON: no page of Express's, no warning of Node's.
    expect(service.process.lines.filter((line) => !line.startsWith('{'))).toEqual([]);
    expect((await service.stop()).code).toBe(0);
  });
});

describe('a refusal before the body is read', () => {
  let port: number;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { app } = await createTestApp({ parts: { admission: new Admission(0) } });
    ({ port, close } = await listenTestApp(app));
  });
  afterAll(() => close());

  it('reaches a client that sends its body after its head', async () => {
    for (let i = 0; i < 20; i++) {
      const connection = await RawConnection.open(port);
      const [head = '', body = ''] = post('x'.repeat(30_000)).split('\r\n\r\n');
      await connection.write(`${head}\r\n\r\n`);
      await connection.write(body);
      const { answers } = await connection.read({ answers: 1 });
      expect(answers.map(({ status }) => status)).toEqual([503]);
      connection.close();
    }
  });

  it('reaches fetch with a body of 5 MB, every time', async () => {
    for (let i = 0; i < 10; i++) {
      const answer = await fetch(`http://127.0.0.1:${port}/reg/`, {
        method: 'POST',
        headers: { 'x-api-key': API_KEY },
        body: new Uint8Array(5_000_000),
      });
      expect(answer.status).toBe(503);
      await answer.arrayBuffer();
    }
  });
});

describe('a standing queue of new connections', () => {
  /** The application behind a queue that isBacklogged; counts what is decided and who had left. */
  async function listenBehindQueue() {
    const seen = { decided: 0, left: 0 };
    const { app, finished } = await createTestApp({
      parts: {
        arrivals: { isBacklogged: true, onAbandoned: () => (seen.left += 1) },
        decider: {
          decide: (_body, _deadlineAt, done) => {
            seen.decided += 1;
            done({ kind: 'decided', positive: 0.25, source: 'model', warnings: 0 });
          },
        },
      },
    });
    const { port, close } = await listenTestApp(app);
    return { seen, finished, port, close };
  }

  it('does no work for who sent a reading and left', async () => {
    const { seen, finished, port, close } = await listenBehindQueue();
    const connection = await RawConnection.open(port);
    void connection.write(post(BODY));
    connection.close();
    await eventually('the request is over', () => Promise.resolve(finished[0]));
    expect(finished.map(({ status }) => status)).toEqual(['aborted']);
    expect(seen).toEqual({ decided: 0, left: 1 });
    await close();
  });

  it('answers who is still there, each time', async () => {
    const { seen, port, close } = await listenBehindQueue();
    const { answers } = await exchange(port, post(BODY) + post(BODY), { answers: 2 });
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(seen).toEqual({ decided: 2, left: 0 });
    await close();
  });
});

function expectSameScores(answer: RawAnswer, expected: string): void {
  const got = JSON.parse(answer.body) as { body: { positive: number } };
  const wanted = JSON.parse(expected) as { body: { positive: number } };
  expect(Math.abs(got.body.positive - wanted.body.positive)).toBeLessThan(1e-12);
}
