import type { DataFileOptions } from './payload/data-file.js';
import type { RoadOptions } from './road.js';

/** What one thread is asked to do; plain data, since it crosses the border between threads. */
export interface LoadPlan {
  readonly thread: number;
  readonly threads: number;
  readonly urls: readonly string[];
  readonly keys: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
  /** Connections of this thread, shared out among its targets. */
  readonly connectionsMax: number;
  readonly connectionsMin: number;
  readonly timeoutMs: number;
  readonly spinMs: number;
  readonly arrivals: Arrivals;
  readonly bodies: BodyPlan;
  readonly faultyShare: number;
  readonly checkShare: number;
}

/** When requests are sent. */
export type Arrivals =
  | { readonly kind: 'constant'; readonly ratePerSecond: number; readonly totalMs: number }
  | { readonly kind: 'road'; readonly road: RoadOptions; readonly totalMs: number }
  | {
      /** The next request goes out as soon as a connection is free. */
      readonly kind: 'closed';
      readonly totalMs: number;
      /** Requests of this thread at most; Infinity: only the time ends it. */
      readonly amount: number;
    };

/** What the bodies are made of. */
export interface BodyPlan extends DataFileOptions {
  readonly seed: number;
  /** A CSV or NDJSON file of readings; null: made-up readings. */
  readonly dataFile: string | null;
  /** Whether a file's rows get digits of their own, so that each one is new to a cache. */
  readonly vary: boolean;
  readonly repeatShare: number;
}

/** How a thread is doing, several times a second. */
export interface ThreadState {
  readonly inflight: number;
  readonly waiting: number;
  readonly connectionsOpen: number;
  /** Requests per second intended now. */
  readonly intendedRate: number;
  /** Hour of the day on the simulated road, 0..24; NaN where there is none. */
  readonly roadHour: number;
  /** Share of time the thread's event loop was busy since the last state, 0..1. */
  readonly utilization: number;
}
