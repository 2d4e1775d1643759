import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { BodySource, madeUpTemplates } from './payload/body-source.js';
import { bodyTemplate } from './payload/body-template.js';
import { readDataFile } from './payload/data-file.js';
import { runLoad, type LoadOptions } from './load-run.js';
import { packageVersion, thisMachine, type Machine } from './machine.js';
import { OUTCOMES, isError, type Outcome } from './outcomes.js';
import { Random } from './random.js';
import { STRIDE, type SampleBatch } from './sample-batch.js';

/** Who sends: autocannon, known to all, or this tool's own client, which costs less CPU. */
export type MaxEngine = 'autocannon' | 'lean';

/** A closed loop: every connection sends its next request as soon as it has its answer. */
export interface MaxOptions extends LoadOptions {
  readonly engine: MaxEngine;
  readonly durationMs: number;
  /** Ends after this many requests instead of after a time. */
  readonly amount: number | null;
  /** Same load before, not measured. */
  readonly warmUpMs: number;
  /** Good answers per second that must be reached; null: not judged. */
  readonly rateMin: number | null;
}

/**
 * The highest rate that was reached. It carries no latency percentiles on purpose: a closed loop waits
 * for a service that stalls, and so leaves out the very requests that would have suffered.
 */
export interface MaxResult {
  readonly tool: 'regno-generator';
  readonly mode: 'max';
  readonly version: string;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly engine: MaxEngine;
  readonly urls: readonly string[];
  readonly connections: number;
  readonly threads: number;
  readonly repeatShare: number;
  readonly data: string;
  readonly seconds: number;
  readonly requests: number;
  /** Good answers per second. */
  readonly requestsPerSecond: number;
  readonly errors: number;
  /** By kind: this tool's outcomes, or autocannon's own. */
  readonly errorsByKind: Readonly<Record<string, number>>;
  readonly generatorCpuMicrosPerRequest: number;
  readonly passed: boolean;
  readonly verdict: string;
}

/** What either engine finds. */
interface Found {
  readonly seconds: number;
  readonly good: number;
  readonly errorsByKind: Readonly<Record<string, number>>;
}

/** Measures the closed-loop maximum. @throws LoadThreadError, DataFileError */
export async function max(options: MaxOptions, signal?: AbortSignal): Promise<MaxResult> {
  const startedAt = new Date().toISOString();
  const run = options.engine === 'lean' ? runLean : runAutocannon;
  if (options.warmUpMs > 0) {
    await run({ ...options, durationMs: options.warmUpMs, amount: null }, signal);
  }
  const cpu = process.cpuUsage();
  const { seconds, good, errorsByKind } = await run(options, signal);
  const used = process.cpuUsage(cpu);
  const errors = Object.values(errorsByKind).reduce((sum, count) => sum + count, 0);
  const requests = good + errors;
  const requestsPerSecond = good / seconds;
  const passed = options.rateMin === null || requestsPerSecond >= options.rateMin;
  return {
    tool: 'regno-generator',
    mode: 'max',
    version: packageVersion(),
    startedAt,
    machine: thisMachine(),
    engine: options.engine,
    urls: options.urls,
    connections: options.connections,
    threads: options.threads,
    repeatShare: options.bodies.repeatShare,
    data: options.bodies.dataFile ?? 'made-up readings',
    seconds,
    requests,
    requestsPerSecond,
    errors,
    errorsByKind,
    generatorCpuMicrosPerRequest: (used.user + used.system) / Math.max(1, requests),
    passed: passed && errors === 0 && good > 0,
    verdict: words(requestsPerSecond, errors, options.rateMin),
  };
}

function words(requestsPerSecond: number, errors: number, rateMin: number | null): string {
  const reached = `${Math.round(requestsPerSecond).toLocaleString('en-US')} good answers per second`;
  if (errors > 0) return `FAILED: ${reached}, but ${errors} errors.`;
  if (requestsPerSecond === 0) return 'FAILED: nothing was answered.';
  if (rateMin === null) return `${reached}, no errors.`;
  const held = requestsPerSecond >= rateMin;
  return `${held ? 'PASSED' : 'FAILED'}: ${reached} (at least ${rateMin} wanted), no errors.`;
}

async function runLean(options: MaxOptions, signal?: AbortSignal): Promise<Found> {
  const counts = new Map<Outcome, number>();
  let lastMs = 0;
  await runLoad(
    options,
    {
      kind: 'closed',
      totalMs: options.amount === null ? options.durationMs : Infinity,
      amount: options.amount ?? Infinity,
    },
    {
      samples: (batch: SampleBatch) => {
        for (let i = 0; i < batch.count; i += 1) {
          const outcome = OUTCOMES[batch.outcomes[i] ?? 0] ?? 'ok';
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
          const at = i * STRIDE;
          lastMs = Math.max(lastMs, (batch.times[at] ?? 0) + (batch.times[at + 2] ?? 0));
        }
      },
    },
    { signal, drainMs: options.timeoutMs },
  );
  const errors = [...counts].filter(([outcome]) => isError(outcome));
  const good = (counts.get('ok') ?? 0) + (counts.get('refused') ?? 0);
  return { seconds: Math.max(lastMs, 1) / 1_000, good, errorsByKind: Object.fromEntries(errors) };
}

/** Each of autocannon's requests gets a body of its own, as `prove` sends them. */
async function runAutocannon(options: MaxOptions, signal?: AbortSignal): Promise<Found> {
  const bodies = await bodySource(options);
  const scratch = Buffer.alloc(bodies.bodyBytesMax);
  const nextBody = (): Buffer => Buffer.from(scratch.subarray(0, bodies.copyNext(scratch, 0)));
  const [url = ''] = options.urls;
  const [key = ''] = options.keys;
  const startMs = performance.now();
  let lastMs = startMs;
  const result = await cannonade(
    {
      url,
      method: 'POST',
      connections: options.connections,
      timeout: Math.ceil(options.timeoutMs / 1_000),
      headers: {
        'content-type': 'application/json',
        ...(key === '' ? {} : { 'x-api-key': key }),
        ...Object.fromEntries(options.headers),
      },
      ...(options.amount === null
        ? { duration: options.durationMs / 1_000 }
        : { amount: options.amount }),
      setupClient: (client) => {
        client.setBody(nextBody());
        client.on('response', () => {
          lastMs = performance.now();
          client.setBody(nextBody());
        });
      },
    },
    signal,
  );
  return {
    // Where nothing was answered there is no last answer to count to.
    seconds: ((lastMs > startMs ? lastMs : performance.now()) - startMs) / 1_000,
    good: result['2xx'],
    errorsByKind: nonZero({
      timeout: result.timeouts,
      connect_or_reset: result.errors - result.timeouts,
      status_3xx: result['1xx'] + result['3xx'],
      status_4xx: result['4xx'],
      status_5xx: result['5xx'],
    }),
  };
}

function cannonade(options: autocannon.Options, signal?: AbortSignal): Promise<autocannon.Result> {
  return new Promise((resolve, reject) => {
    const run = autocannon(options, (error: unknown, result) => {
      if (error instanceof Error) reject(error);
      else resolve(result);
    });
    signal?.addEventListener('abort', () => run.stop(), { once: true });
  });
}

async function bodySource(options: MaxOptions): Promise<BodySource> {
  const { seed, dataFile, vary, repeatShare } = options.bodies;
  const random = new Random(seed);
  return new BodySource({
    random,
    templates:
      dataFile === null
        ? madeUpTemplates(random, TEMPLATE_COUNT)
        : (await readDataFile(dataFile, options.bodies)).map(bodyTemplate),
    vary: dataFile === null || vary,
    repeatShare,
    thread: 0,
    threads: 1,
  });
}

const TEMPLATE_COUNT = 4_096;

function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
