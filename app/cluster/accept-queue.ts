import type { Server } from 'node:net';
import type { ArrivalQueue } from '../serving/ports.js';

/** A queue that has given a connection at every turn of the event loop for so long is a standing one. */
const STANDING_MS = 100;
/** Between two cuts, as what waits already must come out before one shows. */
const CUT_INTERVAL_MS = 100;
/** Without a client that had left, the queue may grow again after this time. */
const GROW_INTERVAL_MS = 1000;
const LIMIT_MIN = 8;

/** What Node keeps of a listening server, undocumented; listening anew changes the queue's limit. */
interface ServerWithHandle extends Server {
  readonly _handle?: { listen?(backlog: number): number } | null;
}

/**
 * Keeps the system's queue of new connections shorter than its clients' patience. A worker accepts one
 * connection per turn of its event loop; under overload that is slow, and in a long queue every client
 * has given up, and connected anew, by the time its connection is accepted: the work for it is lost. An
 * abandoned connection halves the limit of the queue; one second without any doubles it, up to what is
 * configured. What the system turns away costs nothing.
 *
 * Clients with patience see a queue as long as it is configured. Figures: docs/decisions/0013-workers-accept.md
 */
export class AcceptQueue implements ArrivalQueue {
  isBacklogged = false;
  #limit: number;
  #server: ServerWithHandle | undefined;
  #watching = false;
  #accepted = false;
  #busySince = 0;
  #cutAt = -Infinity;
  #growth: NodeJS.Timeout | undefined;

  /** @param limitMax connections that may wait where nobody leaves */
  constructor(private readonly limitMax: number) {
    this.#limit = limitMax;
  }

  /** Connections that may wait, as this worker last set it; all workers share one queue. */
  get limit(): number {
    return this.#limit;
  }

  /** Watches a server that listens, or will listen, with the longest queue. */
  watch(server: Server): void {
    this.#server = server;
    server.on('connection', () => {
      this.#accepted = true;
      if (this.#watching) return;
      this.#watching = true;
      this.#busySince = performance.now();
      setImmediate(this.#turn);
    });
  }

  onAbandoned(): void {
    const now = performance.now();
    if (now - this.#cutAt < CUT_INTERVAL_MS) return;
    this.#cutAt = now;
    this.#setLimit(Math.max(Math.ceil(this.#limit / 2), Math.min(LIMIT_MIN, this.limitMax)));
    clearInterval(this.#growth);
    this.#growth = setInterval(() => this.#grow(), GROW_INTERVAL_MS).unref();
  }

  readonly #turn = (): void => {
    if (this.#accepted) {
      this.isBacklogged ||= performance.now() - this.#busySince >= STANDING_MS;
      this.#accepted = false;
      setImmediate(this.#turn);
    } else {
      this.isBacklogged = false;
      this.#watching = false;
    }
  };

  #grow(): void {
    this.#setLimit(Math.min(this.#limit * 2, this.limitMax));
    if (this.#limit === this.limitMax) clearInterval(this.#growth);
  }

  #setLimit(limit: number): void {
    this.#limit = limit;
    if (this.#server?.listening === true) this.#server._handle?.listen?.(limit);
  }
}
