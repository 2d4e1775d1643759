/**
 * Loads one address from a process of its own and prints one line of JSON, a {@link LoadFigures}:
 * `node --import tsx bench/loader.ts PLAN`, where PLAN is a {@link LoaderPlan} as JSON.
 */
import type { Arrivals } from '../generator/load-plan.js';
import { runLoad } from '../generator/load-run.js';
import { Recorder } from '../generator/recorder.js';

const WARM_UP_MS = 1000;
const TIMEOUT_MS = 10_000;

/** What is sent, where, and for how long. */
export interface LoaderPlan {
  readonly url: string;
  readonly key: string;
  /** Measured; a second of warm-up comes before. */
  readonly seconds: number;
  readonly connections: number;
  /** Requests per second, evenly spread; without it as many as are answered. */
  readonly rate?: number;
  /** Share of requests that repeat one of the last thousand. */
  readonly repeatShare: number;
  readonly seed: number;
  /** Bodies in place of made-up ones. */
  readonly dataFile?: string;
  /** Whether the rows of a file are sent as they stand, again and again. */
  readonly sameRows?: boolean;
}

/** What one loading of one server gave; latencies in ms, from the intended send where there is a rate. */
export interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly errors: number;
  /** Warm-up included: what the server's CPU time went into. */
  readonly requestsInAll: number;
  readonly p50: number;
  readonly p99: number;
}

async function main([text]: readonly string[]): Promise<void> {
  if (text === undefined) throw new Error('usage: see the top of this file');
  const plan = JSON.parse(text) as LoaderPlan;
  const durationMs = plan.seconds * 1000;
  const totalMs = WARM_UP_MS + durationMs;
  const arrivals: Arrivals =
    plan.rate === undefined
      ? { kind: 'closed', totalMs, amount: Infinity }
      : { kind: 'constant', totalMs, ratePerSecond: plan.rate };
  const recorder = new Recorder(WARM_UP_MS, durationMs);
  await runLoad(
    {
      urls: [plan.url],
      keys: [plan.key],
      headers: [],
      threads: 1,
      connections: plan.connections,
      connectionsMin: plan.connections,
      timeoutMs: TIMEOUT_MS,
      spinMs: 0,
      bodies: {
        seed: plan.seed,
        dataFile: plan.dataFile ?? null,
        vary: plan.sameRows !== true,
        repeatShare: plan.repeatShare,
      },
      faultyShare: 0,
      checkShare: 0,
    },
    arrivals,
    { samples: (batch) => recorder.add(batch) },
    { drainMs: 1000 },
  );
  const figures: LoadFigures = {
    requestsPerSecond: recorder.latency.count / plan.seconds,
    errors: recorder.errors,
    requestsInAll: recorder.requests + recorder.warmUp.requests,
    p50: recorder.latency.percentile(50),
    p99: recorder.latency.percentile(99),
  };
  console.log(JSON.stringify(figures));
}

await main(process.argv.slice(2));
