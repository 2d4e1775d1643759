import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { Lane, type LaneOptions } from './lane.js';
import type { Outcome } from './outcomes.js';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A raw server: the test says what happens to the bytes of each connection. */
type OnBytes = (socket: net.Socket, connection: number, bytes: string) => void;

interface Seen {
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly serviceMs: number;
}

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function listen(onBytes: OnBytes): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = net.createServer((socket) => {
    const connection = connections;
    connections += 1;
    socket.on('data', (bytes) => onBytes(socket, connection, bytes.toString('latin1')));
    socket.on('error', () => socket.destroy());
    cleanUps.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, connections: () => connections };
}

function laneTo(port: number, options: Partial<LaneOptions> = {}) {
  const seen: Seen[] = [];
  const request = Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', 'latin1');
  let wake = (): void => undefined;
  const lane: Lane = new Lane({
    endpoint: { host: '127.0.0.1', port, secure: false },
    source: { write: (connection) => request.copy(connection.buffer) },
    now: () => performance.now(),
    report: (_intended, _lateness, latencyMs, serviceMs, outcome) => {
      seen.push({ outcome, latencyMs, serviceMs });
      wake();
    },
    isGoodAnswer: () => true,
    onFree: (nowMs) => lane.pump(nowMs),
    connectionsMin: 1,
    connectionsMax: 2,
    timeoutMs: 5_000,
    queueLimit: 100,
    backOff: false,
    ...options,
  });
  cleanUps.push(() => lane.close());
  const offer = (count: number): void => {
    const nowMs = performance.now();
    for (let i = 0; i < count; i += 1) lane.offer(nowMs, 0);
    lane.pump(nowMs);
  };
  const reported = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (seen.length >= count) resolve();
      };
      wake();
    });
  return { lane, seen, offer, reported };
}

describe('a lane', () => {
  it('never has two requests in flight on one connection, and reuses connections', async () => {
    let open = 0;
    let most = 0;
    const server = await listen((socket, _, bytes) => {
      expect(bytes.match(/POST/g)).toHaveLength(1);
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        socket.write(ANSWER);
      });
    });
    const { seen, offer, reported } = laneTo(server.port);
    offer(50);
    await reported(50);
    expect(seen.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(most).toBeLessThanOrEqual(2);
    expect(server.connections()).toBe(2);
  });

  it('counts waiting for a free connection as latency, not as service time', async () => {
    const server = await listen((socket) => setTimeout(() => socket.write(ANSWER), 60));
    const { seen, offer, reported } = laneTo(server.port, { connectionsMax: 1 });
    offer(3);
    await reported(3);
    const [, , third] = seen;
    expect(third?.latencyMs).toBeGreaterThanOrEqual(178);
    expect(third?.serviceMs).toBeLessThan(third?.latencyMs ?? 0);
    expect((third?.latencyMs ?? 0) - (third?.serviceMs ?? 0)).toBeGreaterThanOrEqual(118);
  });

  it('opens another connection after an answer that closes its own', async () => {
    const server = await listen((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    const { seen, offer, reported } = laneTo(server.port);
    offer(10);
    await reported(10);
    expect(seen.map(({ outcome }) => outcome)).toEqual(Array(10).fill('ok'));
    expect(server.connections()).toBeGreaterThanOrEqual(10);
  });

  it('takes an answer that ends with the connection', async () => {
    const server = await listen((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    const { seen, offer, reported } = laneTo(server.port);
    offer(1);
    await reported(1);
    expect(seen[0]?.outcome).toBe('ok');
  });

  it.each([
    ['reset', (socket: net.Socket) => socket.resetAndDestroy()],
    [
      'reset',
      (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    ['bad_answer', (socket: net.Socket) => socket.write('220 mail\r\n\r\n')],
    ['bad_answer', (socket: net.Socket) => socket.write(`${ANSWER}${ANSWER}`)],
    ['status_503', (socket: net.Socket) => socket.write(ANSWER.replace('200', '503'))],
    ['status_4xx', (socket: net.Socket) => socket.write(ANSWER.replace('200', '404'))],
    ['status_3xx', (socket: net.Socket) => socket.write(ANSWER.replace('200', '302'))],
  ] as const)('calls it %s, once per request (%#)', async (outcome, misbehave) => {
    const server = await listen((socket) => misbehave(socket));
    const { lane, seen, offer, reported } = laneTo(server.port);
    offer(4);
    await reported(4);
    expect(seen.map((one) => one.outcome)).toEqual(Array(4).fill(outcome));
    expect([lane.inflight, lane.waiting]).toEqual([0, 0]);
  });

  it('gives up on requests in flight and in the queue when their time is over', async () => {
    const server = await listen(() => undefined);
    const { lane, seen, offer, reported } = laneTo(server.port, {
      connectionsMax: 1,
      timeoutMs: 100,
    });
    offer(3);
    const sweep = setInterval(() => lane.sweep(performance.now()), 10);
    cleanUps.push(() => clearInterval(sweep));
    await reported(3);
    for (const { outcome, latencyMs } of seen) {
      expect(outcome).toBe('timeout');
      expect(latencyMs).toBeGreaterThanOrEqual(100);
    }
  });

  it('refuses what does not fit into its queue', async () => {
    const server = await listen(() => undefined);
    const { seen, offer, reported } = laneTo(server.port, { connectionsMax: 1, queueLimit: 5 });
    offer(8);
    await reported(3);
    expect(seen.map(({ outcome }) => outcome)).toEqual(Array(3).fill('not_sent'));
  });

  it('leaves a target that is down alone for a while where it should', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const { seen, offer, reported } = laneTo(port, { backOff: true });
    offer(20);
    await reported(20);
    offer(5);
    await reported(25);
    const count = (wanted: Outcome): number =>
      seen.filter(({ outcome }) => outcome === wanted).length;
    expect(count('connect')).toBeLessThanOrEqual(5);
    expect(count('connect') + count('not_sent')).toBe(25);
  });
});
