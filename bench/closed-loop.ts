/**
 * Loads one address as fast as it answers, from a process of its own, and prints one line of JSON:
 * `node --import tsx bench/closed-loop.ts URL KEY SECONDS CONNECTIONS REPEAT_SHARE SEED`.
 */
import { runLoad } from '../generator/load-run.js';
import { Recorder } from '../generator/recorder.js';

const WARM_UP_MS = 1000;
const TIMEOUT_MS = 10_000;

/** What one loading of one server gave; latencies in ms. */
export interface ClosedLoopResult {
  readonly requestsPerSecond: number;
  readonly errors: number;
  /** Warm-up included: what the server's CPU time went into. */
  readonly requestsInAll: number;
  readonly p50: number;
  readonly p99: number;
}

async function main([
  url,
  key,
  seconds,
  connections,
  repeatShare,
  seed,
]: readonly string[]): Promise<void> {
  if (url === undefined || key === undefined) throw new Error('usage: see the top of this file');
  const durationMs = Number(seconds) * 1000;
  const recorder = new Recorder(WARM_UP_MS, durationMs);
  await runLoad(
    {
      urls: [url],
      keys: [key],
      headers: [],
      threads: 1,
      connections: Number(connections),
      connectionsMin: Number(connections),
      timeoutMs: TIMEOUT_MS,
      spinMs: 0,
      bodies: {
        seed: Number(seed),
        dataFile: null,
        vary: true,
        repeatShare: Number(repeatShare),
      },
      faultyShare: 0,
      checkShare: 0,
    },
    { kind: 'closed', totalMs: WARM_UP_MS + durationMs, amount: Infinity },
    { samples: (batch) => recorder.add(batch) },
    { drainMs: 1000 },
  );
  const result: ClosedLoopResult = {
    requestsPerSecond: recorder.latency.count / Number(seconds),
    errors: recorder.errors,
    requestsInAll: recorder.requests + recorder.warmUp.requests,
    p50: recorder.latency.percentile(50),
    p99: recorder.latency.percentile(99),
  };
  console.log(JSON.stringify(result));
}

await main(process.argv.slice(2));
