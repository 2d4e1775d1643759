import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Socket } from 'node:net';
import { ROOT } from '../rule-files.js';

export type Body = Readonly<Record<string, unknown>>;

/** The demo key that regno takes outside production. */
export const KEY = '123321';

/** Golden readings of the shipped model where it picks the network, and where it does not. */
export function goldenBodies(): { readonly network: Body; readonly camera: Body } {
  const lines = readFileSync(join(ROOT, 'models/pick-regno/golden.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { input: Body; expected: { positive: number } });
  const pick = (wanted: (positive: number) => boolean): Body => {
    const found = lines.find(({ expected }) => wanted(expected.positive));
    if (found === undefined) throw new Error('expected a golden reading on either side');
    return found.input;
  };
  return { network: pick((p) => p > 0.9), camera: pick((p) => p < 0.1) };
}

/** The same reading with a score that no cache has seen; a camera counts only what is decided. */
export function unheard(body: Body): Body {
  const accuracy = Number(body['recognition_accuracy']) + Math.random() * 1e-4;
  return { ...body, recognition_accuracy: accuracy };
}

export async function post(url: string, body: Body, key = KEY): Promise<number> {
  const response = await fetch(`${url}/reg/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Sends the head of a request and half of its body, and hangs up. */
export async function hangUp(url: string): Promise<void> {
  const socket = connectTo(url);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(`${head(500)}{"regno`, () => setTimeout(resolve, 20));
  });
  socket.destroy();
}

/** Pipelines more requests without a key than one connection may. */
export async function flood(url: string): Promise<void> {
  const socket = connectTo(url);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
    socket.write('GET / HTTP/1.1\r\nhost: regno\r\n\r\n'.repeat(100));
  });
}

/** Sends the head of a request, and its body so much later that the answer is a slow one. */
export async function dawdle(url: string, body: Body): Promise<void> {
  const text = Buffer.from(JSON.stringify(body));
  const socket = connectTo(url);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => resolve());
    socket.write(head(text.length), () => setTimeout(() => socket.write(text), 60));
  });
  socket.destroy();
}

function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

function head(bytes: number): string {
  return [
    'POST /reg/ HTTP/1.1',
    'host: regno',
    `x-api-key: ${KEY}`,
    'content-type: application/json',
    `content-length: ${bytes}`,
    '\r\n',
  ].join('\r\n');
}

/** Something that goes on until it is stopped; its errors are the faults that the test makes. */
export interface Traffic {
  stop(): Promise<void>;
}

/** Calls `once` so many times a second, several at a time where it is slow. */
export function keepCalling(perSecond: number, once: () => Promise<unknown>): Traffic {
  const inflight = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    if (inflight.size > perSecond) return;
    const call = once()
      .catch(() => undefined)
      .finally(() => inflight.delete(call));
    inflight.add(call);
  }, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(inflight);
    },
  };
}
