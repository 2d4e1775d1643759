import { readFileSync } from 'node:fs';
import { Socket, connect, createServer, type AddressInfo, type Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/testing/eventually.js';
import { AcceptQueue } from './accept-queue.js';

const LONGEST = 32;

let server: Server;

afterEach(() => server.close());

async function listening(): Promise<AcceptQueue> {
  server = createServer((socket) => socket.on('error', () => undefined).resume());
  const queue = new AcceptQueue(LONGEST);
  queue.watch(server);
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: LONGEST }, resolve),
  );
  return queue;
}

describe('AcceptQueue', () => {
  it('halves the queue of the system where clients had left, and lets it grow again', async () => {
    const queue = await listening();
    expect(await roomInSystem()).toBe(LONGEST + 1);
    queue.onAbandoned();
    queue.onAbandoned();
    expect(queue.limit).toBe(LONGEST / 2);
    expect(await roomInSystem()).toBe(LONGEST / 2 + 1);
    await eventually('the queue is as long as before', () =>
      Promise.resolve(queue.limit === LONGEST || undefined),
    );
    expect(await roomInSystem()).toBe(LONGEST + 1);
  });

  it('stands while every turn of the loop brings a connection, for a while', async () => {
    const queue = await listening();
    await bringAtEachTurn(20);
    expect(queue.isBacklogged).toBe(false);
    await bringAtEachTurn(200);
    expect(queue.isBacklogged).toBe(true);
    await turn();
    await turn();
    await turn();
    expect(queue.isBacklogged).toBe(false);
  });
});

async function bringAtEachTurn(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    server.emit('connection', new Socket());
    await turn();
  }
}

/** How many connections wait in the system at most while this process, being busy, accepts none. */
async function roomInSystem(): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 2 * LONGEST }, () => connect(port, '127.0.0.1'));
  for (const client of clients) client.on('error', () => undefined);
  // Node connects in the next tick; the event loop has not turned by then.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const waiting = waitingAt(port);
  for (const client of clients) client.destroy();
  await eventually('the queue is empty', () => Promise.resolve(waitingAt(port) === 0 || undefined));
  return waiting;
}

/** Connections that a listening socket holds until they are accepted, as Linux reports it. */
function waitingAt(port: number): number {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = '0A';
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, , state, queues] = line.trim().split(/\s+/);
    if (local?.endsWith(address) === true && state === LISTEN) {
      return Number.parseInt(queues?.split(':')[1] ?? '', 16);
    }
  }
  return NaN;
}
