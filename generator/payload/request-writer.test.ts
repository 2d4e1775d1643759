import http from 'node:http';
import { once } from 'node:events';
import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { Connection } from '../connection.js';
import { Random } from '../random.js';
import { BodySource, madeUpTemplates } from './body-source.js';
import { bodyTemplate } from './body-template.js';
import { RequestWriter, type RequestWriterOptions } from './request-writer.js';

interface Received {
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly refusal: boolean;
}

/** Writes requests and has node:http read them: what it accepts and finds is what was meant. */
async function roundTrip(
  count: number,
  options: Partial<RequestWriterOptions> = {},
): Promise<Received[]> {
  const random = new Random(3);
  const templates = madeUpTemplates(random, 20);
  const bodies = new BodySource({
    random,
    templates,
    vary: true,
    repeatShare: 0,
    thread: 0,
    threads: 1,
  });
  const writer = new RequestWriter({
    url: new URL('http://localhost:1/reg/?a=b'),
    keys: ['one', 'two'],
    headers: [['x-note', 'yes']],
    bodies,
    random,
    faultyShare: 0,
    checkShare: 0,
    ...options,
  });
  const received: Omit<Received, 'refusal'>[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received.push({ url: request.url ?? '', headers: request.headers, body });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const refusals: boolean[] = [];
  await new Promise<void>((resolve, reject) => {
    const next = (connection: Connection): void => {
      if (refusals.length === count) {
        connection.destroy();
        resolve();
        return;
      }
      const length = writer.write(connection);
      refusals.push(connection.expectsRefusal);
      connection.send(length);
    };
    const closed = (): void => reject(new Error('the server did not take the request'));
    new Connection(
      { host: '127.0.0.1', port, secure: false },
      { opened: next, answered: next, closed },
    );
  });
  server.close();
  return received.map((one, i) => ({ ...one, refusal: refusals[i] ?? false }));
}

function isWithTime(body: string): boolean {
  try {
    const value = JSON.parse(body) as unknown;
    return 'time_check' in ((typeof value === 'string' ? JSON.parse(value) : value) as object);
  } catch {
    return false;
  }
}

describe('requests', () => {
  it('are whole, with the URL, the headers and each key in turn', async () => {
    const received = await roundTrip(6);
    expect(received).toHaveLength(6);
    for (const [i, { url, headers, body }] of received.entries()) {
      expect(url).toBe('/reg/?a=b');
      expect(headers).toMatchObject({
        host: 'localhost:1',
        'content-type': 'application/json',
        'x-api-key': i % 2 === 0 ? 'one' : 'two',
        'x-note': 'yes',
      });
      expect(Object.keys(JSON.parse(body) as object)).toHaveLength(10);
    }
  });

  it('carry no key where it is empty', async () => {
    const [first] = await roundTrip(1, { keys: [''] });
    expect(first?.headers).not.toHaveProperty('x-api-key');
  });

  it('made faulty on purpose are faulty in one of three ways, in the share asked for', async () => {
    const received = await roundTrip(400, { faultyShare: 0.3 });
    const kinds = received.map(({ headers, body }) => {
      if (headers['x-api-key'] === 'not-a-key') return 'key';
      try {
        return 'time_check' in (JSON.parse(body) as object) ? 'good' : 'field';
      } catch {
        return 'cut';
      }
    });
    expect(kinds.map((kind) => kind !== 'good')).toEqual(received.map(({ refusal }) => refusal));
    expect(new Set(kinds)).toEqual(new Set(['good', 'key', 'field', 'cut']));
    expect(kinds.filter((kind) => kind !== 'good').length / 400).toBeCloseTo(0.3, 1);
  });

  it('are faulty also where the body is a string of JSON, or names a field twice or in escapes', async () => {
    const rows = [
      '"{\\"time_check\\":1}"',
      '{"time_check":1,"time_check":2}',
      '{"time\\u005fcheck":1}',
    ];
    const random = new Random(7);
    const templates = rows.map((row) => bodyTemplate(Buffer.from(row)));
    const thread = { repeatShare: 0, thread: 0, threads: 1 };
    const bodies = new BodySource({ random, templates, vary: false, ...thread });
    const received = await roundTrip(60, { bodies, faultyShare: 1 });
    const good = received.filter(({ headers, body }) => {
      return headers['x-api-key'] !== 'not-a-key' && isWithTime(body);
    });
    expect(good).toEqual([]);
  });
});
