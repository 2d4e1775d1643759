import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Admission } from '../../app/routes/admission.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import type { HttpServerLimits } from '../../app/routes/http-server.js';
import type { Decided } from '../../app/serving/decide.js';
import { eventually } from '../testing/eventually.js';
import { RawConnection, exchange } from '../testing/raw-http.js';
import { API_KEY } from '../testing/start-service.js';
import { createTestApp, listenTestApp, type ListeningApp } from '../testing/test-app.js';

const HEALTH = 'GET /health/live HTTP/1.1\r\nhost: regno\r\n\r\n';
const BODY = JSON.stringify(EXAMPLE_READING);
const POST =
  `POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-api-key: ${API_KEY}\r\n` +
  `content-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`;

let app: ListeningApp;
let admission: Admission;
let finished: readonly { readonly status: number | 'aborted' }[];
/** Readings that the decider was given and has not answered. */
let undecided: Decided[];

/** The application with a decider that answers when the test says so. */
async function listen(limits: Partial<HttpServerLimits> = {}): Promise<void> {
  admission = new Admission(1000);
  undecided = [];
  const decide = (_body: Buffer, _deadlineAt: number, done: Decided): void => {
    undecided.push(done);
  };
  const made = await createTestApp({ parts: { admission, decider: { decide } } });
  finished = made.finished;
  app = await listenTestApp(made.app, limits);
}

const open = (): Promise<RawConnection> => RawConnection.open(app.port);
const until = (what: string, holds: () => boolean): Promise<true> =>
  eventually(what, () => Promise.resolve(holds() ? true : undefined), 5000);

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

afterEach(() => app.close());

describe('pipelined requests', () => {
  it('of a client without a key are answered up to the tenth, which ends the connection', async () => {
    await listen();
    const { answers, ending } = await exchange(app.port, HEALTH.repeat(5000));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
    expect(answers.map(({ headers }) => headers.get('connection'))).toEqual([
      ...Array<string>(9).fill('keep-alive'),
      'close',
    ]);
    expect(ending).not.toBe('open');
    expect(app.ends).toEqual(['pipelined']);
    expect(finished).toHaveLength(10);
  });

  it('of a client with a key are answered up to the configured number', async () => {
    await listen({ pipelineMax: 30 });
    const connection = await open();
    await connection.write(POST.repeat(40));
    await until('readings taken', () => undecided.length === 30);
    for (const done of undecided)
      done({ kind: 'decided', positive: 0.5, source: 'model', warnings: 0 });
    const { answers, ending } = await connection.read();
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(30).fill(200));
    expect(answers.at(-1)?.headers.get('connection')).toBe('close');
    expect(ending).not.toBe('open');
    expect(admission.inflight).toBe(0);
    expect(app.ends).toEqual(['pipelined']);
  });

  it('go on for ever where the client waits for answers in between', async () => {
    await listen({ pipelineMax: 3 });
    const connection = await open();
    for (let i = 1; i <= 20; i++) {
      await connection.write(HEALTH + HEALTH);
      const { answers } = await connection.read({ answers: 2 * i });
      expect(answers).toHaveLength(2 * i);
    }
    expect(app.ends).toEqual([]);
    connection.close();
  });

  it('leave nothing in flight, whenever the client leaves', async () => {
    await listen();
    for (const bytes of [POST.repeat(7), POST + POST.slice(0, -5), HEALTH + POST + POST]) {
      const connection = await open();
      await connection.write(bytes);
      await until('a reading taken', () => undecided.length > 0);
      connection.socket.resetAndDestroy();
      await until('nothing in flight', () => admission.inflight === 0);
      for (const done of undecided.splice(0)) {
        done({ kind: 'decided', positive: 0.5, source: 'model', warnings: 0 });
      }
      expect(admission.inflight).toBe(0);
    }
    await until('requests over', () => finished.length === 12);
    expect(finished.filter(({ status }) => status === 'aborted')).toHaveLength(11);
  });
});

describe('a body in chunks', () => {
  const CHUNKS = '1\r\nx\r\n'.repeat(50_000);

  it.each(['POST /reg/', 'GET /health/live', 'POST /no/such'])(
    'without a key to %s is not read: its answer is the last',
    async (line) => {
      await listen();
      const head = `${line} HTTP/1.1\r\nhost: regno\r\ntransfer-encoding: chunked\r\n\r\n`;
      const connection = await open();
      const before = process.cpuUsage();
      await connection.write(head);
      const answer = await connection.next();
      expect(answer?.headers.get('connection')).toBe('close');
      for (let i = 0; i < 10; i += 1) await connection.write(CHUNKS).catch(() => undefined);
      await eventually(
        'the server has no connection',
        async () => ((await connectionsOf(app.server)) === 0 ? true : undefined),
        3000,
      );
      // Half a million chunks would take 0.3 s to parse.
      expect(process.cpuUsage(before).user).toBeLessThan(250_000);
      connection.close();
    },
  );

  it('with a key keeps its connection', async () => {
    await listen();
    const [head = '', body = ''] = POST.split('\r\n\r\n');
    const chunked =
      `${head.replace(/content-length: \d+/i, 'transfer-encoding: chunked')}\r\n\r\n` +
      `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const connection = await open();
    for (const count of [1, 2]) {
      await connection.write(chunked);
      await until('the reading taken', () => undecided.length === count);
      undecided.at(-1)?.({ kind: 'decided', positive: 0.5, source: 'model', warnings: 0 });
      const answer = await connection.next();
      expect(answer?.status).toBe(200);
      expect(answer?.headers.get('connection')).toBe('keep-alive');
    }
    connection.close();
  });
});

describe('an answer that nobody reads', () => {
  const BYTES = 20_000_000;

  it('ends the connection after its time, and a slow reader is left alone', async () => {
    const answer = { contentType: 'text/plain', isGzip: false, ageSeconds: 0 };
    const body = Buffer.alloc(BYTES, 'x');
    const readMetrics = () => Promise.resolve({ ...answer, body });
    const { app: express } = await createTestApp({ parts: { readMetrics } });
    app = await listenTestApp(express, { unreadTimeoutMs: 1000 });
    // As a worker with PORT=0 may have to.
    NetServer.prototype.close.call(app.server);
    await once(app.server.listen(app.port, '127.0.0.1'), 'listening');
    const [lazy, slow] = [connect(app.port, '127.0.0.1'), connect(app.port, '127.0.0.1')];
    lazy.pause();
    let read = 0;
    slow.on('data', (chunk: Buffer) => {
      read += chunk.length;
      slow.pause();
    });
    // Some 40 pieces of up to 64 KiB a second: it takes longer than the limit in all, never in one.
    const step = setInterval(() => slow.resume(), 25);
    for (const socket of [lazy, slow]) socket.write('GET /metrics HTTP/1.1\r\nhost: regno\r\n\r\n');
    await eventually('all read', () => Promise.resolve(read > BYTES ? true : undefined));
    clearInterval(step);
    expect(app.ends).toEqual(['unread']);
    for (const socket of [lazy, slow]) socket.destroy();
  });
});

describe('connections', () => {
  it('of clients without a key make room for new ones, the longest idle first', async () => {
    await listen({ connectionsMax: 4 });
    const withKey = await open();
    await withKey.write(POST);
    await until('the key shown', () => undecided.length === 1);
    const idle = [await open(), await open(), await open()];
    // The first of them is used once more, so the second is the longest idle.
    await idle[0]?.write(HEALTH);
    await idle[0]?.next();
    const late = await exchange(app.port, HEALTH, { answers: 1 });
    expect(late.answers[0]?.status).toBe(200);
    await until('one evicted', () => idle[1]?.ended === true);
    expect(idle.map(({ ended }) => ended)).toEqual([false, true, false]);
    expect(app.ends).toEqual(['evicted']);
    expect(withKey.ended).toBe(false);
    for (const connection of [withKey, ...idle]) connection.close();
  });

  it('are refused where all have shown a key', async () => {
    await listen({ connectionsMax: 2 });
    const trusted = [await open(), await open()];
    for (const connection of trusted) await connection.write(POST);
    await until('keys shown', () => undecided.length === 2);
    const { answers, ending } = await exchange(app.port, POST);
    expect(answers).toEqual([]);
    expect(ending).not.toBe('open');
    expect(app.ends).toEqual(['full']);
    for (const connection of trusted) connection.close();
  });

  it('from one address are bounded where that is configured', async () => {
    await listen({ connectionsPerAddressMax: 2 });
    const first = [await open(), await open()];
    expect((await exchange(app.port, HEALTH)).ending).not.toBe('open');
    expect(app.ends).toEqual(['address_full']);
    first[0]?.close();
    await eventually('room again', async () => {
      const { answers } = await exchange(app.port, HEALTH, { answers: 1 });
      return answers[0]?.status === 200 ? true : undefined;
    });
    first[1]?.close();
  });

  it('are answered where the client has closed its sending side', async () => {
    await listen();
    const connection = await open();
    await connection.write(HEALTH + POST);
    connection.finish();
    await until('the reading taken', () => undecided.length === 1);
    undecided[0]?.({ kind: 'decided', positive: 0.5, source: 'model', warnings: 0 });
    const { answers, ending } = await connection.read();
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(ending).toBe('closed');
    connection.close();
  });

  it.each([
    ['timed out', 'GET / HTTP/1.1\r\nhost: regno\r\n', 408],
    ['not HTTP', 'hello\r\n\r\n', 400],
  ])('that are %s are gone soon, also where the client holds on', async (_what, bytes, status) => {
    await listen({ headersTimeoutMs: 300 });
    const connection = await open();
    await connection.write(bytes);
    expect((await connection.next())?.status).toBe(status);
    const drip = setInterval(() => void connection.write('x'), 50);
    await eventually(
      'the server has no connection',
      async () => ((await connectionsOf(app.server)) === 0 ? true : undefined),
      3000,
    );
    clearInterval(drip);
    connection.close();
  });
});
