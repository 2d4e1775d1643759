import { performance } from 'node:perf_hooks';
import type { LatencySummary, PercentilePoint } from './latency.js';
import type { ThreadState } from './load-plan.js';
import type { LiveView } from './live.js';
import { runLoad, type LoadOptions } from './load-run.js';
import { packageVersion, thisMachine, type Machine } from './machine.js';
import { Recorder, type LateSends, type OutcomeCounts, type TimeSlot } from './recorder.js';
import type { SampleBatch } from './sample-batch.js';
import { requestsIn } from './schedule.js';
import { judge, type Limits, type Verdict } from './verdict.js';

/** An open-loop run at a constant rate. Times in ms. */
export interface ProveOptions extends LoadOptions {
  /** Requests per second of all threads and targets together. */
  readonly rate: number;
  readonly durationMs: number;
  /** Sent before, at the same rate, and not measured. */
  readonly warmUpMs: number;
  readonly limits: Limits;
}

/** What the generator itself cost and how busy it was, during the measurement. */
export interface GeneratorCost {
  /** CPU time of the whole generator process per request, µs. */
  readonly cpuMicrosPerRequest: number;
  /** Cores used, 1 = one core fully. */
  readonly cores: number;
  /** Busy share of the busiest sending thread's event loop, 0..1. */
  readonly utilizationMax: number;
  readonly rssBytes: number;
}

/** A run's outcome: what the reports print and the JSON file holds. Latencies in ms. */
export interface ProveResult {
  readonly tool: 'regno-generator';
  readonly mode: 'prove';
  readonly version: string;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly settings: ProveSettings;
  readonly verdict: Verdict;
  readonly requests: number;
  readonly errors: number;
  readonly outcomes: OutcomeCounts;
  readonly warmUp: { readonly requests: number; readonly errors: number };
  /** Good answers per second of the measurement. */
  readonly answeredPerSecond: number;
  /** From the intended send time to the last byte of the answer. */
  readonly latency: LatencySummary;
  /** From the actual send. */
  readonly service: LatencySummary;
  readonly latencyDistribution: readonly PercentilePoint[];
  readonly serviceDistribution: readonly PercentilePoint[];
  readonly lateSends: LateSends;
  readonly generator: GeneratorCost;
  readonly timeline: readonly TimeSlot[];
}

/** The options that a reader of the result needs; keys are counted, never shown. */
export interface ProveSettings {
  readonly urls: readonly string[];
  readonly keyCount: number;
  readonly rate: number;
  readonly durationSeconds: number;
  readonly warmUpSeconds: number;
  readonly timeoutSeconds: number;
  readonly connections: number;
  readonly threads: number;
  readonly seed: number;
  readonly data: string;
  readonly repeatShare: number;
  readonly faultyShare: number;
  readonly checkShare: number;
  readonly limits: Limits;
}

export interface ProveHooks {
  /** Called a few times a second with the seconds since the warm-up began. */
  readonly live?: (elapsedMs: number, view: LiveView) => void;
  readonly samples?: (batch: SampleBatch) => void;
  readonly states?: (states: readonly ThreadState[]) => void;
  /** Aborted: stop, drain, and report what was measured until then. */
  readonly signal?: AbortSignal;
}

/** Runs the proof. @throws LoadThreadError where a thread cannot do its work */
export async function prove(options: ProveOptions, hooks: ProveHooks = {}): Promise<ProveResult> {
  const recorder = new Recorder(options.warmUpMs, options.durationMs);
  const meter = new CostMeter();
  const startedAt = new Date().toISOString();
  const totalMs = options.warmUpMs + options.durationMs;
  let startMs = NaN;
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs >= startMs) hooks.live?.(nowMs - startMs, recorder.live.view(nowMs));
  }, LIVE_MS);
  try {
    await runLoad(
      options,
      { kind: 'constant', ratePerSecond: options.rate, totalMs },
      {
        started: (at) => {
          startMs = at;
          meter.schedule(at + options.warmUpMs, options.durationMs);
        },
        samples: (batch) => {
          recorder.add(batch);
          hooks.samples?.(batch);
        },
        states: (states) => {
          meter.addStates(states);
          hooks.states?.(states);
        },
      },
      { signal: hooks.signal, drainMs: options.timeoutMs },
    );
  } finally {
    clearInterval(ticker);
    meter.stop();
  }
  return resultOf(options, recorder, meter, startedAt, hooks.signal?.aborted ?? false);
}

const LIVE_MS = 250;

function resultOf(
  options: ProveOptions,
  recorder: Recorder,
  meter: CostMeter,
  startedAt: string,
  interrupted: boolean,
): ProveResult {
  const { requests, errors, latency, service } = recorder;
  const scheduled =
    requestsIn(options.rate, options.warmUpMs + options.durationMs) -
    requestsIn(options.rate, options.warmUpMs);
  const generator = meter.cost(requests);
  const lateSends = recorder.lateSends();
  const outcomes = recorder.outcomes();
  const judged = {
    requests,
    errors,
    p99Ms: latency.percentile(99),
    p999Ms: latency.percentile(99.9),
    lateSends,
    unaccounted: scheduled - requests,
    utilizationMax: generator.utilizationMax,
    interrupted,
  };
  return {
    tool: 'regno-generator',
    mode: 'prove',
    version: packageVersion(),
    startedAt,
    machine: thisMachine(),
    settings: settingsOf(options),
    verdict: judge(judged, options.limits),
    requests,
    errors,
    outcomes,
    warmUp: recorder.warmUp,
    answeredPerSecond: ((outcomes.ok + outcomes.refused) * 1_000) / options.durationMs,
    latency: latency.summary(),
    service: service.summary(),
    latencyDistribution: latency.distribution(),
    serviceDistribution: service.distribution(),
    lateSends,
    generator,
    timeline: recorder.timeline(),
  };
}

function settingsOf(options: ProveOptions): ProveSettings {
  return {
    urls: options.urls,
    keyCount: options.keys.length,
    rate: options.rate,
    durationSeconds: options.durationMs / 1_000,
    warmUpSeconds: options.warmUpMs / 1_000,
    timeoutSeconds: options.timeoutMs / 1_000,
    connections: options.connections,
    threads: options.threads,
    seed: options.bodies.seed,
    data: options.bodies.dataFile ?? 'made-up readings',
    repeatShare: options.bodies.repeatShare,
    faultyShare: options.faultyShare,
    checkShare: options.checkShare,
    limits: options.limits,
  };
}

/** Measures the generator's own CPU and how busy its threads are, between warm-up and end. */
class CostMeter {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #utilization: { sum: number; count: number }[] = [];
  #startCpu = process.cpuUsage();
  #startMs = performance.now();
  #used: NodeJS.CpuUsage | null = null;
  #elapsedMs = 0;
  #measuring = false;

  /** `fromMs` on performance.now(). */
  schedule(fromMs: number, durationMs: number): void {
    const waitMs = Math.max(0, fromMs - performance.now());
    this.#timers.push(
      setTimeout(() => {
        this.#measuring = true;
        this.#startCpu = process.cpuUsage();
        this.#startMs = performance.now();
      }, waitMs),
      setTimeout(() => this.stop(), waitMs + durationMs),
    );
  }

  addStates(states: readonly ThreadState[]): void {
    if (!this.#measuring) return;
    for (const [i, state] of states.entries()) {
      const seen = (this.#utilization[i] ??= { sum: 0, count: 0 });
      seen.sum += state.utilization;
      seen.count += 1;
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#measuring = false;
    if (this.#used) return;
    this.#used = process.cpuUsage(this.#startCpu);
    this.#elapsedMs = performance.now() - this.#startMs;
  }

  cost(requests: number): GeneratorCost {
    const micros = this.#used ? this.#used.user + this.#used.system : NaN;
    return {
      cpuMicrosPerRequest: requests === 0 ? NaN : micros / requests,
      cores: micros / 1_000 / Math.max(1, this.#elapsedMs),
      utilizationMax: Math.max(0, ...this.#utilization.map(({ sum, count }) => sum / count)),
      rssBytes: process.memoryUsage.rss(),
    };
  }
}
