/**
 * The service under a steady load for a long time: does memory, the number of open files or latency
 * grow? `npm run soak -- --help`. Exit code 0 where nothing grew, else 1.
 */
import { Command } from 'commander';
import { Latency } from '../generator/latency.js';
import { runLoad } from '../generator/load-run.js';
import { OUTCOMES, countsAsLatency, isError } from '../generator/outcomes.js';
import { STRIDE, type SampleBatch } from '../generator/sample-batch.js';
import { startRedis } from './redis.js';
import { readMetric, startRegno } from './regno-server.js';
import { figuresTable, reportHead, writeReport, type ReportHead } from '../tools/report.js';
import { BENCH_KEY, pssBytesOf, type RunningServer } from './running-server.js';
import {
  judgeSoak,
  openFilesOf,
  rssBytesOf,
  type SoakCheck,
  type SoakSample,
  type SoakSlot,
} from './soak-verdict.js';

interface SoakReport extends ReportHead {
  readonly settings: Options & { readonly seconds: number; readonly slotSeconds: number };
  readonly passed: boolean;
  readonly checks: readonly SoakCheck[];
  /** Latency and outcomes per slot of time, a minute in a run of ten minutes or more. */
  readonly slots: readonly SoakSlot[];
  readonly samples: readonly SoakSample[];
}

interface Options {
  readonly minutes: number;
  readonly hours?: number;
  readonly rate: number;
  readonly redis: boolean;
}

const SLOT_SECONDS_MAX = 60;
const SLOTS_MIN = 10;
/** Samples of a worker in a report at most, whatever the length of the run. */
const SAMPLES_MAX = 120;
const SAMPLE_SECONDS_MIN = 1;
const CONNECTIONS = 64;

async function main(): Promise<void> {
  const options = readOptions();
  const seconds = (options.hours ?? options.minutes / 60) * 3600;
  const slotSeconds = Math.min(SLOT_SECONDS_MAX, seconds / SLOTS_MIN);
  const redis = options.redis ? await startRedis() : undefined;
  const server = await startRegno(redis === undefined ? {} : { REDIS_URL: redis.url });
  const slots = new Slots(slotSeconds);
  const sampler = new Sampler(server, Math.max(SAMPLE_SECONDS_MIN, seconds / SAMPLES_MAX));
  try {
    sampler.start();
    await sendFor(seconds, server, options.rate, slots);
  } finally {
    sampler.stop();
    await server.stop();
    await redis?.stop();
  }
  const finished = slots.finish();
  const checks = judgeSoak(sampler.samples, finished, seconds);
  report({
    ...reportHead('soak'),
    settings: { ...options, seconds, slotSeconds },
    passed: checks.every((check) => check.held),
    checks,
    slots: finished,
    samples: sampler.samples,
  });
}

function readOptions(): Options {
  const number = (text: string): number => {
    const value = Number(text);
    if (value > 0) return value;
    throw new Error(`expected a number above 0, got ${text}`);
  };
  return new Command('soak')
    .option('--minutes <n>', 'how long', number, 10)
    .option('--hours <n>', 'how long, in place of --minutes', number)
    .option('--rate <n>', 'requests per second', number, 2000)
    .option('--redis', 'with a Redis of its own behind the memory cache', false)
    .parse()
    .opts<Options>();
}

/** Half of the readings are repeats and one in a hundred is faulty, so that every path is walked. */
function sendFor(
  seconds: number,
  server: RunningServer,
  rate: number,
  slots: Slots,
): Promise<void> {
  return runLoad(
    {
      urls: [server.url],
      keys: [BENCH_KEY],
      headers: [],
      threads: 1,
      connections: CONNECTIONS,
      connectionsMin: 16,
      timeoutMs: 10_000,
      spinMs: 0.5,
      bodies: { seed: 1, dataFile: null, vary: true, repeatShare: 0.5 },
      faultyShare: 0.01,
      checkShare: 0.01,
    },
    { kind: 'constant', ratePerSecond: rate, totalMs: seconds * 1000 },
    { samples: (batch) => slots.add(batch) },
    { drainMs: 10_000 },
  );
}

/** Latency per slot of time; a slot that is over is kept as a few figures. */
class Slots {
  readonly #open = new Map<number, { latency: Latency; requests: number; errors: number }>();
  readonly #done: SoakSlot[] = [];

  constructor(private readonly slotSeconds: number) {}

  add(batch: SampleBatch): void {
    let newest = 0;
    for (let i = 0; i < batch.count; i += 1) {
      const intendedMs = batch.times[i * STRIDE] ?? 0;
      const outcome = OUTCOMES[batch.outcomes[i] ?? 0] ?? 'ok';
      const index = Math.floor(intendedMs / 1000 / this.slotSeconds);
      const slot = this.#open.get(index) ?? { latency: new Latency(), requests: 0, errors: 0 };
      this.#open.set(index, slot);
      slot.requests += 1;
      if (isError(outcome)) slot.errors += 1;
      if (countsAsLatency(outcome)) slot.latency.record(batch.times[i * STRIDE + 2] ?? NaN);
      newest = Math.max(newest, index);
    }
    // Answers may be seconds late: a slot is closed when the one after the next has begun.
    for (const index of this.#open.keys()) if (index < newest - 1) this.#close(index);
  }

  finish(): readonly SoakSlot[] {
    for (const index of this.#open.keys()) this.#close(index);
    return this.#done.sort((a, b) => a.second - b.second);
  }

  #close(index: number): void {
    const slot = this.#open.get(index);
    if (slot === undefined) return;
    this.#open.delete(index);
    const { latency, requests, errors } = slot;
    const at = (percentile: number): number => latency.percentile(percentile);
    this.#done.push({
      second: index * this.slotSeconds,
      requests,
      errors,
      p50Ms: at(50),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: latency.max,
    });
  }
}

/** Looks at every worker at a steady pace. */
class Sampler {
  readonly samples: SoakSample[] = [];
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: RunningServer,
    private readonly everySeconds: number,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.#sample(), this.everySeconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<void> {
    const second = (performance.now() - this.#startedAt) / 1000;
    const [, ...workers] = this.server.pids();
    // The workers' own figure; a scrape that fails is a gap, and requests that fail are counted.
    const delay = await readMetric(this.server, 'regno_worker_event_loop_delay_seconds').catch(
      () => undefined,
    );
    const loopDelayMs = (delay?.max('percentile="99"') ?? NaN) * 1000;
    for (const pid of workers) {
      this.samples.push({
        second,
        pid,
        rssBytes: rssBytesOf(pid),
        pssBytes: pssBytesOf(pid),
        openFiles: openFilesOf(pid),
        loopDelayMs,
      });
    }
  }
}

function report(report: SoakReport): void {
  const { settings, slots, checks } = report;
  console.log(`${report.date}, ${report.machine}`);
  console.log(`${settings.rate} requests/s for ${settings.seconds} s`);
  console.log(
    figuresTable(
      ['from second', 'requests', 'errors', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
      slots.map((slot) => [
        slot.second.toFixed(0),
        `${slot.requests}`,
        `${slot.errors}`,
        ...[slot.p50Ms, slot.p99Ms, slot.p999Ms, slot.maxMs].map((ms) => ms.toFixed(2)),
      ]),
    ),
  );
  for (const { held, sentence } of checks) console.log(`${held ? 'held  ' : 'MISSED'} ${sentence}`);
  console.log(writeReport('soak', report));
  if (!report.passed) process.exitCode = 1;
}

await main();
