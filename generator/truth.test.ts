import os from 'node:os';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { percentileOf } from './latency.js';
import { prove, type ProveOptions, type ProveResult } from './prove.js';
import { startProgram } from './testing/start-program.js';
import { startTruthServer, type TruthServer } from './testing/start-server.js';

/**
 * The generator is measured against servers whose behaviour is known. What it says must be within 2 % of
 * what is computed beforehand. Where the machine is busy with other work the run says so itself (late
 * sends), and is made again: a figure that the generator calls doubtful proves nothing.
 */
const TOLERANCE = 0.02;
const ATTEMPTS_MAX = 4;
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
    const started = await startTruthServer('delay', 50);
    server = started;
    const load = options(started.url, { rate: 200, durationMs: 5_000, spinMs: 1 });
    await expectTruth(async () => {
      const result = await prove(load);
      expect(result.errors).toBe(0);
      expect(result.requests).toBe(1_000);
      expect(result.latency.min).toBeGreaterThanOrEqual(50);
      // Where other work holds the server up, it knows by how much: its own clock is the truth.
      const { held } = await started.truth();
      expect(held).toHaveLength(1_000);
      const figures = [90, 99].map((q) => ({
        what: `p${q}`,
        found: percentileOf(result.latency, q),
        known: held[Math.ceil((q / 100) * held.length) - 1] ?? NaN,
        queuedMs: 0,
      }));
      const median = {
        what: 'p50',
        found: percentileOf(result.latency, 50),
        known: 50,
        queuedMs: 0,
      };
      return { result, figures: [median, ...figures] };
    });
  });

  const [stallMs, periodMs, rounds] = LONG ? [1_000, 10_000, 3] : [400, 2_000, 6];
  for (const connections of [128, 1]) {
    const through = connections === 1 ? 'through one connection' : 'with connections to spare';
    it(
      `show the stalls of a server that stops ${stallMs} ms in every ${periodMs}, ${through}`,
      { timeout: 240_000 },
      async () => {
        server = await startTruthServer('stall', stallMs, periodMs);
        // Rates that do not divide the period: each stall is met at other points of it.
        const rate = connections === 1 ? 47 : 97;
        const load = options(server.url, { rate, durationMs: periodMs * rounds, connections });
        await expectTruth(async () => {
          const result = await prove(load);
          expect(result.errors).toBe(0);
          expect(percentileOf(result.latency, 50)).toBeLessThan(stallMs * TOLERANCE);
          // The longest wait is that of the first request to meet a stall.
          expect(result.latency.max).toBeGreaterThan(stallMs - 1_000 / rate);
          // What a closed loop would have reported: through one connection hardly any request is held.
          if (connections === 1) {
            expect(percentileOf(result.service, 95)).toBeLessThan(stallMs * 0.1);
          }
          return { result, figures: stallFigures(result, rate, stallMs, periodMs) };
        });
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
    const run = startProgram(['prove', '-u', server.url, '-r', '200', '-d', '2', '--warmup', '0']);
    await run.said(/ s {2}/);
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
    limits: { p99Ms: 5, p999Ms: 20, errorsMax: 0, lateShareMax: 0.01 },
    ...load,
  };
}

interface Figure {
  readonly what: string;
  readonly found: number;
  readonly known: number;
  /** What the server's answering one request after the other adds for good reason. */
  readonly queuedMs: number;
}

/** A share stallMs / periodMs of all requests meets a stall, at any point of it alike. */
function stallFigures(
  result: ProveResult,
  rate: number,
  stallMs: number,
  periodMs: number,
): Figure[] {
  return [95, 99].map((q) => {
    const known = stallMs * (1 - (1 - q / 100) / (stallMs / periodMs));
    const ahead = (rate / 1_000) * (stallMs - known);
    const queuedMs = ahead * percentileOf(result.service, 50);
    return { what: `p${q}`, found: percentileOf(result.latency, q), known, queuedMs };
  });
}

/**
 * All figures of one attempt within 2 %. Other work on the machine only ever adds latency, while a fault
 * of the generator's would show each time. Where no attempt was quiet, the least disturbed one may be
 * above by what it owned up to (the server is held up as often as the generator, hence twice).
 */
async function expectTruth(
  attempt: () => Promise<{ result: ProveResult; figures: readonly Figure[] }>,
): Promise<void> {
  let best = await attempt();
  for (let i = 1; i < ATTEMPTS_MAX && !best.figures.every(withinTolerance); i += 1) {
    const next = await attempt();
    if (next.figures.every(withinTolerance) || owned(next.result) < owned(best.result)) best = next;
  }
  for (const figure of best.figures) {
    if (withinTolerance(figure)) continue;
    const { what, found, known, queuedMs } = figure;
    console.warn(
      `busy machine: ${what} ${found} for ${known}, sends ${owned(best.result)} ms late`,
    );
    expect(found).toBeGreaterThanOrEqual(known * (1 - TOLERANCE));
    expect(found).toBeLessThanOrEqual(known * (1 + TOLERANCE) + queuedMs + 2 * owned(best.result));
  }
}

function withinTolerance({ found, known, queuedMs }: Figure): boolean {
  return found >= known * (1 - TOLERANCE) && found <= known * (1 + TOLERANCE) + queuedMs;
}

/** How far the machine's other work moved this run's sends, by the run's own account (ms). */
function owned(result: ProveResult): number {
  return result.lateSends.p99Ms;
}
