import type { Server } from 'node:net';

/** Accepts that follow each other within this time are a burst; a worker at work has longer turns. */
const BURST_MS = 0.4;
/** Enough for a process that waits on another core to wake up and accept. */
const PAUSE_MS = 0.1;

/**
 * Lets the other workers have their share of a burst of new connections. Workers accept from one
 * shared socket, one connection per turn of the event loop: whoever wakes first would take nearly
 * all of them, and connections are kept for long. A worker that has just accepted therefore sleeps
 * for a moment before it can accept the next, as libuv did with UV_TCP_SINGLE_ACCEPT.
 *
 * Measured with 64 connections on two workers: 39 to 66 of them on one worker without this, 31 to
 * 37 with it, and 1.4 times the requests per second (docs/decisions/0013-workers-accept.md).
 */
export function acceptFairly(server: Server): void {
  const nobodyWakesUs = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let acceptedAt = -Infinity;
  server.on('connection', () => {
    if (performance.now() - acceptedAt < BURST_MS) Atomics.wait(nobodyWakesUs, 0, 0, PAUSE_MS);
    acceptedAt = performance.now();
  });
}
