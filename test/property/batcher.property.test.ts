import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReading } from '../../app/plates/parse-reading.js';
import { ReadingKind } from '../../app/plates/reading-kind.js';
import { DEFAULT_RULES } from '../../app/plates/reading-rules.js';
import type { Reading } from '../../app/plates/reading.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { Batcher, type BatchFailure } from '../../app/serving/batcher.js';
import { Decider, type Outcome } from '../../app/serving/decide.js';
import type { Scorer } from '../../app/serving/ports.js';
import { FakeCache } from '../testing/fake-cache.js';
import { SILENT_SIGNALS, SILENT_METRICS } from '../testing/test-app.js';
import { untilAll } from '../testing/until-all.js';

const RUNS = { numRuns: 150 };
const MODEL = { name: 'fake', version: '1', digest: 'd'.repeat(64), compilerVersion: '1' };

/** A reading that carries a number of its own, which the fake scorer gives back as its score. */
function readingOf(serial: number): Reading {
  const parsed = parseReading({ ...EXAMPLE_READING, recognition_accuracy: serial });
  if (!parsed.ok) throw new Error('the example is not a good reading');
  return parsed.reading;
}

function scoreOf(serial: number): number {
  return serial / 1e6;
}

function bodyOf(serial: number): Buffer {
  return Buffer.from(JSON.stringify({ ...EXAMPLE_READING, recognition_accuracy: serial }));
}

/** Scores by the readings' own numbers; takes some turns of the loop and fails at some runs. */
class FakeScorer implements Scorer<Reading> {
  readonly model = MODEL;
  readonly batches: number[] = [];
  underWay = 0;
  overlapped = false;

  constructor(
    private readonly turns: readonly number[],
    private readonly failing: ReadonlySet<number>,
  ) {}

  async score(readings: readonly Reading[]): Promise<Float64Array> {
    const run = this.batches.push(readings.length) - 1;
    this.underWay += 1;
    if (this.underWay > 1) this.overlapped = true;
    const turns = this.turns[run % Math.max(1, this.turns.length)] ?? 0;
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    this.underWay -= 1;
    if (this.failing.has(run)) throw new Error(`run ${run} fails`);
    return Float64Array.from(readings, (reading) => scoreOf(reading.recognitionAccuracy));
  }
}

interface Heard {
  positive: number | undefined;
  failure: BatchFailure | undefined;
}

/** Arrivals: how many readings come in each turn of the event loop. */
const arrivals = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 25 });
const scorerPlan = {
  turns: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }),
  failing: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
};

describe('Batcher', () => {
  it('gives each request its own answer, exactly once, in batches under the cap', async () => {
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        scorerPlan.turns,
        scorerPlan.failing,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        async (groups, turns, failing, batchRowsMax, queueRowsMax) => {
          const scorer = new FakeScorer(turns, new Set(failing));
          const limits = { batchRowsMax, queueRowsMax };
          const batcher = new Batcher(scorer, limits, SILENT_METRICS, () => 0);
          const heard: Heard[][] = [];
          for (const size of groups) {
            for (let i = 0; i < size; i++) {
              const serial = heard.push([]) - 1;
              const request = { input: readingOf(serial), deadlineAt: 1 };
              const isFull = batcher.queueLength >= queueRowsMax;
              let isSync = true;
              batcher.submit(request, (positive, failure) => {
                heard[serial]?.push({ positive, failure });
                if (isSync) expect(isFull).toBe(true);
              });
              isSync = false;
              expect(heard[serial]?.length).toBe(isFull ? 1 : 0);
              expect(batcher.queueLength).toBeLessThanOrEqual(queueRowsMax);
            }
            await nextTurn();
          }
          await untilAll(heard);

          expect(heard.map((one) => one.length)).toEqual(heard.map(() => 1));
          expect(scorer.overlapped).toBe(false);
          expect(Math.max(0, ...scorer.batches)).toBeLessThanOrEqual(batchRowsMax);
          expect(scorer.batches).not.toContain(0);
          let failed = 0;
          for (const [serial, [one]] of heard.entries()) {
            if (one?.failure === undefined) expect(one?.positive).toBe(scoreOf(serial));
            else expect(one.positive).toBeUndefined();
            if (one?.failure?.kind === 'error') failed += 1;
          }
          const failedRows = scorer.batches
            .filter((_, run) => failing.includes(run))
            .reduce((sum, rows) => sum + rows, 0);
          expect(failed).toBe(failedRows);
          expect(batcher.queueLength).toBe(0);
        },
      ),
      RUNS,
    );
  });

  it('scores nothing whose deadline has passed, and says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (deadlines, clock, batchRowsMax) => {
          let now = 0;
          const scorer = new FakeScorer([1], new Set());
          const limits = { batchRowsMax, queueRowsMax: 1000 };
          const batcher = new Batcher(scorer, limits, SILENT_METRICS, () => now);
          const heard: Heard[][] = deadlines.map(() => []);
          for (const [serial, deadlineAt] of deadlines.entries()) {
            batcher.submit({ input: readingOf(serial), deadlineAt }, (positive, failure) =>
              heard[serial]?.push({ positive, failure }),
            );
          }
          now = clock;
          await untilAll(heard);
          for (const [serial, deadlineAt] of deadlines.entries()) {
            const late: Heard = {
              positive: undefined,
              failure: { kind: 'overload', reason: 'deadline' },
            };
            const scored: Heard = { positive: scoreOf(serial), failure: undefined };
            expect(heard[serial]).toEqual([deadlineAt < clock ? late : scored]);
          }
          const rows = scorer.batches.reduce((sum, size) => sum + size, 0);
          expect(rows).toBe(deadlines.filter((deadlineAt) => deadlineAt >= clock).length);
        },
      ),
      RUNS,
    );
  });

  it('scores readings of one turn of the event loop in one run', async () => {
    const scorer = new FakeScorer([], new Set());
    const limits = { batchRowsMax: 64, queueRowsMax: 512 };
    const batcher = new Batcher(scorer, limits, SILENT_METRICS, () => 0);
    const heard = Array.from({ length: 30 }, (): Heard[] => []);
    for (const [serial, list] of heard.entries()) {
      batcher.submit({ input: readingOf(serial), deadlineAt: 1 }, (positive, failure) =>
        list.push({ positive, failure }),
      );
    }
    await untilAll(heard);
    expect(scorer.batches).toEqual([30]);
  });

  it('reports a failure where the model gives no number or too few of them', async () => {
    for (const scores of [Float64Array.of(NaN, 0.5), Float64Array.of(0.25)]) {
      const scorer: Scorer<Reading> = { model: MODEL, score: () => Promise.resolve(scores) };
      const limits = { batchRowsMax: 64, queueRowsMax: 512 };
      const batcher = new Batcher(scorer, limits, SILENT_METRICS, () => 0);
      const heard: Heard[][] = [[], []];
      for (const [serial, list] of heard.entries()) {
        batcher.submit({ input: readingOf(serial), deadlineAt: 1 }, (positive, failure) =>
          list.push({ positive, failure }),
        );
      }
      await untilAll(heard);
      const kinds = heard.map(([one]) => one?.failure?.kind ?? one?.positive);
      expect(kinds).toEqual(Number.isNaN(scores[0]) ? ['error', 0.5] : [0.25, 'error']);
    }
  });
});

describe('Decider', () => {
  const plan = fc.record({
    // Few serials, so that identical readings meet in flight and in the caches.
    groups: fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 10 }), {
      minLength: 1,
      maxLength: 20,
    }),
    turns: scorerPlan.turns,
    failing: scorerPlan.failing,
    batchRowsMax: fc.integer({ min: 1, max: 5 }),
    queueRowsMax: fc.integer({ min: 1, max: 20 }),
    memoryEntries: fc.integer({ min: 0, max: 4 }),
    cacheTurns: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  });

  it('never crosses answers between caches, flights and batches', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (how) => {
        const scorer = new FakeScorer(how.turns, new Set(how.failing));
        const cache = how.cacheTurns === undefined ? undefined : new FakeCache(how.cacheTurns);
        const decider = new Decider({
          model: MODEL,
          kind: new ReadingKind(DEFAULT_RULES),
          batcher: new Batcher(scorer, how, SILENT_METRICS, () => 0),
          memoryEntries: how.memoryEntries,
          sharedCache: cache,
          metrics: SILENT_METRICS,
          signals: SILENT_SIGNALS,
          now: () => 0,
        });
        const heard: { serial: number; outcomes: Outcome[] }[] = [];
        for (const group of how.groups) {
          for (const serial of group) {
            const outcomes: Outcome[] = [];
            heard.push({ serial, outcomes });
            decider.decide(bodyOf(serial), 1, (outcome) => outcomes.push(outcome));
          }
          await nextTurn();
        }
        await untilAll(heard.map(({ outcomes }) => outcomes));

        for (const { serial, outcomes } of heard) {
          expect(outcomes).toHaveLength(1);
          const [outcome] = outcomes;
          if (outcome?.kind !== 'decided') continue;
          const positive = scoreOf(serial);
          expect(outcome.positive).toBe(positive);
          if (outcome.source === 'redis') expect(cache).toBeDefined();
          if (outcome.source === 'memory') expect(how.memoryEntries).toBeGreaterThan(0);
        }
        expect(decider.memoryEntries).toBeLessThanOrEqual(how.memoryEntries);
      }),
      RUNS,
    );
  });

  it('computes identical readings in flight once, and remembers no failure', async () => {
    const scorer = new FakeScorer([2], new Set([0]));
    const decider = new Decider({
      model: MODEL,
      kind: new ReadingKind(DEFAULT_RULES),
      batcher: new Batcher(scorer, { batchRowsMax: 9, queueRowsMax: 9 }, SILENT_METRICS, () => 0),
      memoryEntries: 10,
      sharedCache: undefined,
      metrics: SILENT_METRICS,
      signals: SILENT_SIGNALS,
      now: () => 0,
    });
    const ask = async (count: number): Promise<string[]> => {
      const heard = Array.from({ length: count }, (): Outcome[] => []);
      for (const list of heard) decider.decide(bodyOf(3), 1, (outcome) => list.push(outcome));
      await untilAll(heard);
      return heard.flat().map((one) => (one.kind === 'decided' ? one.source : one.kind));
    };
    expect(await ask(3)).toEqual(['error', 'error', 'error']);
    expect(await ask(3)).toEqual(['model', 'shared', 'shared']);
    expect(await ask(2)).toEqual(['memory', 'memory']);
    expect(scorer.batches).toEqual([1, 1]);
  });

  it('keeps the deadline of the most patient of identical readings', async () => {
    let now = 0;
    const scorer = new FakeScorer([], new Set());
    const decider = new Decider({
      model: MODEL,
      kind: new ReadingKind(DEFAULT_RULES),
      batcher: new Batcher(scorer, { batchRowsMax: 9, queueRowsMax: 9 }, SILENT_METRICS, () => now),
      memoryEntries: 0,
      sharedCache: undefined,
      metrics: SILENT_METRICS,
      signals: SILENT_SIGNALS,
      now: () => now,
    });
    const heard = [1, 5, 2].map((deadlineAt) => {
      const outcomes: Outcome[] = [];
      decider.decide(bodyOf(3), deadlineAt, (outcome) => outcomes.push(outcome));
      return outcomes;
    });
    now = 3;
    await untilAll(heard);
    expect(heard.flat().map(({ kind }) => kind)).toEqual(['decided', 'decided', 'decided']);
  });

  it('remembers a long body like any other, at the price of its hash', async () => {
    const scorer = new FakeScorer([], new Set());
    const decider = new Decider({
      model: MODEL,
      kind: new ReadingKind(DEFAULT_RULES),
      batcher: new Batcher(scorer, { batchRowsMax: 9, queueRowsMax: 9 }, SILENT_METRICS, () => 0),
      memoryEntries: 10,
      sharedCache: undefined,
      metrics: SILENT_METRICS,
      signals: SILENT_SIGNALS,
      now: () => 0,
    });
    const long = Buffer.concat([bodyOf(3), Buffer.alloc(30_000, ' ')]);
    for (const body of [long, bodyOf(4)]) {
      const heard: Outcome[] = [];
      decider.decide(body, 1, (outcome) => heard.push(outcome));
      await untilAll([heard]);
      expect(heard[0]?.kind).toBe('decided');
    }
    expect(decider.memoryEntries).toBe(2);
  });
});
