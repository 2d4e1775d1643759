import type { Request } from 'express';

/**
 * Bounds the readings that a worker works on. One is taken in once its key was found valid, and
 * leaves with its answer or with its client, whatever the connection does. Requests without a valid
 * key, health checks, scrapes and pages are never counted here: they cannot crowd out a reading.
 */
export class Admission {
  #inflight = 0;

  /** @param inflightMax readings between key and answer */
  constructor(private readonly inflightMax: number) {}

  get inflight(): number {
    return this.#inflight;
  }

  /** False where as many readings as may be are taken in already. */
  enter(req: Request): boolean {
    if (this.#inflight >= this.inflightMax) return false;
    this.#inflight += 1;
    req.admission = this;
    return true;
  }

  /** To be called when the request is answered, and when its response is closed. */
  leave(req: Request): void {
    if (req.admission === undefined) return;
    req.admission = undefined;
    this.#inflight -= 1;
  }
}
