import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prove, type ProveOptions, type ProveResult } from './prove.js';
import { startTruthServer, type TruthServer } from './testing/start-server.js';

/**
 * The generator is measured against servers whose behaviour is known. What it says must be within 2 % of
 * what is computed beforehand. Where the machine is busy with other work the run says so itself (late
 * sends), and is made again: a figure that the generator calls doubtful proves nothing.
 */
const TOLERANCE = 0.02;
const ATTEMPTS_MAX = 6;
const LONG = process.env['GENERATOR_TRUTH_LONG'] === '1';

let server: TruthServer | null = null;

beforeAll(() => {
  try {
    // Threads and servers started from here inherit it: other tests on the same cores disturb less.
    os.setPriority(-15);
  } catch {
    console.warn('no right to raise the priority: on a busy machine runs may have to be repeated');
  }
});

afterEach(async () => {
  await server?.stop();
  server = null;
});

describe('latencies that the generator reports', () => {
  it('are those of a server that takes 50 ms', { timeout: 120_000 }, async () => {
    server = await startTruthServer('delay', 50);
    const { url } = server;
    const load = { rate: 200, durationMs: 5_000, spinMs: 1 };
    const result = await quietRun(() => prove(options(url, load)), 50);
    expect(result.requests).toBe(1_000);
    expect(result.errors).toBe(0);
    expectWithin(percentile(result, 50), 50, result);
    expectWithin(percentile(result, 90), 50, result);
    expectWithin(percentile(result, 99), 50, result);
    expect(result.latency.min).toBeGreaterThanOrEqual(50);
    expectWithin(result.answeredPerSecond, 200, null);
  });

  const [stallMs, periodMs, rounds] = LONG ? [1_000, 10_000, 3] : [400, 2_000, 6];
  for (const connections of [128, 1]) {
    const through = connections === 1 ? 'through one connection' : 'with connections to spare';
    it(
      `show the stalls of a server that stops ${stallMs} ms in every ${periodMs}, ${through}`,
      { timeout: 240_000 },
      async () => {
        server = await startTruthServer('stall', stallMs, periodMs);
        const { url } = server;
        // Rates that do not divide the period: each stall is met at other points of it.
        const rate = connections === 1 ? 47 : 97;
        const load = { rate, durationMs: periodMs * rounds, connections };
        const result = await quietRun(() => prove(options(url, load)), stallMs);
        expect(result.errors).toBe(0);
        // A share of stallMs / periodMs of all requests meets a stall, at any point of it alike.
        for (const q of [95, 99]) {
          const known = stallMs * (1 - (1 - q / 100) / (stallMs / periodMs));
          // What piled up before this request is answered first, one after the other.
          const ahead = (load.rate / 1_000) * (stallMs - known);
          expectWithin(percentile(result, q), known, result, ahead * servicePercentile(result, 50));
        }
        expectWithin(percentile(result, 99.9), stallMs, result, servicePercentile(result, 50));
        expect(percentile(result, 50)).toBeLessThan(stallMs * TOLERANCE);
        if (connections === 1) {
          // What a closed loop would have told: hardly any request met the stall.
          expect(servicePercentile(result, 95)).toBeLessThan(stallMs * 0.1);
        }
      },
    );
  }

  it('are the full time limit for requests that are never answered', async () => {
    server = await startTruthServer('silent');
    const run = options(server.url, { rate: 50, durationMs: 1_000, timeoutMs: 400 });
    const result = await prove(run);
    expect(result.outcomes.timeout).toBe(50);
    expect(result.latency.min).toBeGreaterThanOrEqual(400);
    expect(result.verdict.kind).not.toBe('passed');
  });
});

describe('errors that the generator counts', () => {
  it('are exactly those of a server that fails every 100th request', async () => {
    server = await startTruthServer('errors', 100, 500);
    const result = await prove(options(server.url, { rate: 1_000, durationMs: 2_000 }));
    expect(result.requests).toBe(2_000);
    expect(result.outcomes).toMatchObject({ ok: 1_980, status_5xx: 20 });
    expect((await server.truth()).seen).toBe(2_000);
  });

  it('are told apart by status', async () => {
    server = await startTruthServer('errors', 10, 503);
    const result = await prove(options(server.url, { rate: 200, durationMs: 1_000 }));
    expect(result.outcomes).toMatchObject({ ok: 180, status_503: 20 });
  });

  it('are exactly the connections that a server drops', async () => {
    server = await startTruthServer('drop', 50);
    const result = await prove(options(server.url, { rate: 500, durationMs: 2_000 }));
    expect(result.outcomes).toMatchObject({ ok: 980, reset: 20 });
  });

  it('are none where the server closes each connection after its answer', async () => {
    server = await startTruthServer('close');
    const result = await prove(options(server.url, { rate: 200, durationMs: 1_000 }));
    expect(result.outcomes.ok).toBe(200);
  });

  it('are answers that do not add up or are not HTTP', async () => {
    server = await startTruthServer('wrong-sum');
    const wrong = await prove(options(server.url, { rate: 100, durationMs: 500, checkShare: 1 }));
    expect(wrong.outcomes.bad_answer).toBe(50);
    await server.stop();
    server = await startTruthServer('garbage');
    const garbage = await prove(options(server.url, { rate: 100, durationMs: 500 }));
    expect(garbage.outcomes.bad_answer).toBe(50);
  });

  it('are one per request where nobody listens', async () => {
    server = await startTruthServer('echo');
    const { url } = server;
    await server.stop();
    server = null;
    const result = await prove(options(url, { rate: 200, durationMs: 1_000 }));
    expect(result.outcomes.connect).toBe(200);
    expect(result.latency.count).toBe(0);
  });
});

describe('a generator that was held up itself', () => {
  it('says so, calls the run not valid and ends with code 3', { timeout: 60_000 }, async () => {
    server = await startTruthServer('echo');
    const run = startProgram('prove', '-u', server.url, '-r', '200', '-d', '2', '--warmup', '0');
    await once(run.child.stderr, 'data', { signal: AbortSignal.timeout(20_000) });
    run.child.kill('SIGSTOP');
    // The pause is what is tested: its length must show in the report.
    await new Promise((resolve) => setTimeout(resolve, 700));
    run.child.kill('SIGCONT');
    const { code, stdout } = await run.ended;
    expect(stdout).toMatch(/NOT VALID: the generator could not send on time: \d/);
    expect(Number(/worst ([\d.]+) ms/.exec(stdout)?.[1])).toBeGreaterThan(600);
    expect(code).toBe(3);
  });
});

describe('exit codes', () => {
  it.each([
    { what: 'passed', server: ['echo'], args: ['--p99', '5000'], code: 0, says: 'PASSED' },
    {
      what: 'latency missed',
      server: ['delay', 50],
      args: ['--p99', '20'],
      code: 1,
      says: 'FAILED',
    },
    { what: 'errors', server: ['errors', 50], args: ['--p99', '5000'], code: 1, says: '2 errors' },
    {
      what: 'errors allowed',
      server: ['errors', 50],
      args: ['--p99', '5000', '--errors', '2'],
      code: 0,
      says: '2 errors (limit 2)',
    },
    { what: 'wrong usage', server: ['echo'], args: ['--rate', 'fast'], code: 2, says: '' },
    { what: 'no such file', server: ['echo'], args: ['--data', 'no-such.csv'], code: 2, says: '' },
  ])('$what: $code', { timeout: 60_000 }, async ({ server: mode, args, code, says }) => {
    server = await startTruthServer(...mode);
    const load = ['-u', server.url, '-r', '100', '-d', '1', '--warmup', '0'];
    const ended = await startProgram('prove', ...load, ...args).ended;
    expect(ended.stdout).toContain(says);
    expect(ended.code).toBe(code);
  });
});

describe('several threads', () => {
  it('share one schedule and add up to the same counts', async () => {
    server = await startTruthServer('errors', 100, 500);
    const load = { rate: 900, durationMs: 2_000, threads: 3 };
    const result = await prove(options(server.url, load));
    expect(result.requests).toBe(1_800);
    expect(result.outcomes).toMatchObject({ ok: 1_782, status_5xx: 18 });
    expect(result.latency.count).toBe(1_782);
    for (const slot of result.timeline) expect(slot.intendedRate).toBe(900);
  });
});

/** The command line as users start it from the sources. */
function startProgram(...args: readonly string[]) {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args]);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, stdout }));
  return { child, ended };
}

function options(url: string, load: Partial<ProveOptions>): ProveOptions {
  return {
    urls: [url],
    keys: ['123321'],
    headers: [],
    threads: 1,
    connections: 64,
    connectionsMin: 8,
    timeoutMs: 10_000,
    spinMs: 0.5,
    bodies: { seed: 1, dataFile: null, vary: false, repeatShare: 0 },
    faultyShare: 0,
    checkShare: 0.01,
    rate: 100,
    durationMs: 1_000,
    warmUpMs: 0,
    limits: { p99Ms: 5, p999Ms: 20, errorsMax: 0 },
    ...load,
  };
}

function percentile(result: ProveResult, wanted: number): number {
  return result.latency.percentiles.find((point) => point.percentile === wanted)?.ms ?? NaN;
}

function servicePercentile(result: ProveResult, wanted: number): number {
  return result.service.percentiles.find((point) => point.percentile === wanted)?.ms ?? NaN;
}

/**
 * Runs until the generator's own account shows no disturbance that matters at this scale, and gives the
 * least disturbed run.
 */
async function quietRun(run: () => Promise<ProveResult>, scaleMs: number): Promise<ProveResult> {
  let best = await run();
  for (let attempt = 1; attempt < ATTEMPTS_MAX && disturbance(best) > scaleMs / 100; attempt += 1) {
    const next = await run();
    if (disturbance(next) < disturbance(best)) best = next;
  }
  return best;
}

/** How far the machine's other work moved this run's sends, by the run's own account (ms). */
function disturbance(result: ProveResult): number {
  return result.lateSends.p99Ms;
}

/**
 * Within 2 %. A run that stayed disturbed in spite of all attempts may be above by what it owned up to
 * (the server is held up as often as the generator, hence twice), never below.
 */
function expectWithin(
  found: number,
  known: number,
  result: ProveResult | null,
  queuedMs = 0,
): void {
  const margin = known * TOLERANCE;
  const owned = result ? disturbance(result) : 0;
  const disturbed = owned > margin / 2;
  if (disturbed) console.warn(`busy machine: 1 % of sends were over ${owned.toFixed(2)} ms late`);
  expect(found).toBeGreaterThanOrEqual(known - margin);
  expect(found).toBeLessThanOrEqual(known + Math.max(margin, disturbed ? owned * 2 : 0) + queuedMs);
}
