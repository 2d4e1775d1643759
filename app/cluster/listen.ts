import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { describePortHolders } from './port-holders.js';

/** Idle connections stay open this long at a stop, for requests that are already on their way. */
const IDLE_GRACE_MS = 1000;

export interface ListenPlace {
  readonly host: string;
  /** 0 for one that the system chooses. */
  readonly port: number;
  /** Connections that may wait to be accepted. */
  readonly backlog: number;
}

/**
 * Listens where the service does.
 *
 * @param keptPort the port that the service has already, else that of `place`; asked for once the
 *   server listens
 * @throws Error that says who holds the port, and what to do
 */
export async function listenAt(
  server: Server,
  place: ListenPlace,
  keptPort: () => number,
): Promise<void> {
  try {
    await listen(server, place, place.port);
    const kept = keptPort();
    if (kept === 0 || kept === portOf(server)) return;
    // All workers had ended, and the system has chosen another port. It was asked first, as the
    // socket of workers that live is found under the 0 that they asked for, and no other way.
    NetServer.prototype.close.call(server);
    await listen(server, place, kept);
  } catch (cause) {
    throw new Error(describeFailure(cause, place, keptPort()), { cause });
  }
}

function listen(server: Server, { host, backlog }: ListenPlace, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, backlog, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

/** @param port the one that could not be had */
function describeFailure(
  error: unknown,
  { host, port: wanted }: ListenPlace,
  port: number,
): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const holders = code === 'EADDRINUSE' ? describePortHolders(port) : undefined;
  const cause = holders === undefined ? String(code) : `${String(code)}, ${holders}`;
  const advice =
    port === wanted
      ? 'set HOST and PORT to what is free'
      : 'another program has taken the port that the service had; restart the service, or set PORT';
  return `cannot listen on ${host}:${port} (${cause}); ${advice}`;
}

export interface StopTimes {
  /** New connections are still taken for so long, until balancers have seen that it stops. */
  readonly drainDelayMs: number;
  /** After so long, connections that are still open are destroyed. */
  readonly drainTimeoutMs: number;
}

/**
 * Stops without losing a request: new connections are refused, answers say `connection: close`, and
 * an idle connection is kept for a moment, as its next request may already be on its way.
 */
export async function stopListening(server: Server, times: StopTimes): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, times.drainDelayMs));
  const closed = new Promise<void>((resolve) => {
    // http.Server's own close() also closes idle connections, at once.
    NetServer.prototype.close.call(server, () => resolve());
  });
  const idle = setTimeout(() => server.closeIdleConnections(), IDLE_GRACE_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), times.drainTimeoutMs);
  await closed;
  clearTimeout(idle);
  clearTimeout(deadline);
}
