/** When requests should be sent: a run of times in ms from the run's start, never going back. */
export interface Schedule {
  /** The next intended send time, ms from the start; Infinity when there is none left. */
  next(): number;
  /** Requests per second intended at this time (ms from the start), for this share of the load. */
  rateAt(ms: number): number;
}

/** A constant rate, shared out among threads. */
export interface ConstantRate {
  /** Requests per second of all threads together. */
  readonly ratePerSecond: number;
  readonly totalMs: number;
  readonly thread: number;
  readonly threads: number;
}

/**
 * A constant rate: request i of the whole run is due at i / rate, and a thread takes every n-th. Times
 * are computed from i, never summed up, so that nothing drifts; there is no reset per second.
 */
export function constantSchedule(options: ConstantRate): Schedule {
  const total = requestsIn(options.ratePerSecond, options.totalMs);
  const gapMs = 1_000 / options.ratePerSecond;
  let index = options.thread;
  return {
    rateAt: () => options.ratePerSecond / options.threads,
    next: () => {
      if (index >= total) return Infinity;
      const at = index * gapMs;
      index += options.threads;
      return at;
    },
  };
}

/** How many requests a constant rate puts into 0 <= t < ms. */
export function requestsIn(ratePerSecond: number, ms: number): number {
  // A hair is taken off so that 0.1 * 3-like rounding cannot add a request at the very end.
  return Math.max(0, Math.ceil((ratePerSecond * ms) / 1_000 - 1e-6));
}
