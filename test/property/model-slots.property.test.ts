import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../app/serving/decide.js';
import { ModelSlot } from '../../app/serving/model-slot.js';
import type {
  DecisionMetrics,
  InputKind,
  ModelIdentity,
  ParsedBody,
  Scorer,
} from '../../app/serving/ports.js';
import { FakeCache } from '../testing/fake-cache.js';
import { SILENT_SIGNALS } from '../testing/test-app.js';
import { untilAll } from '../testing/until-all.js';

/** Inputs that are whole numbers from 0 to 9: serving needs to know nothing more of a kind. */
const DIGITS: InputKind<number> = {
  parse: (body): ParsedBody<number> => ({ ok: true, input: Number(body.toString()), warnings: 0 }),
  parseGolden: ({ digit }) => Number(digit),
  encoderFor: () => {
    throw new Error('the scorers of this test encode nothing');
  },
  keyOf: ({ digest }, digit) => `${digest}:${digit}`,
};

/** Two models that agree about no digit. */
const ANSWERS = {
  old: (digit: number) => digit / 100,
  new: (digit: number) => 1 - digit / 100,
} as const;
type Name = keyof typeof ANSWERS;

class Counts implements DecisionMetrics {
  decisions = 0;
  rows = 0;
  memoryHits = 0;
  joined = 0;
  stage(): void {
    // Of no account here.
  }
  batch(rows: number): void {
    this.rows += rows;
  }
  memoryLookUp(hit: boolean): void {
    if (hit) this.memoryHits += 1;
  }
  coalesced(): void {
    this.joined += 1;
  }
  decided(): void {
    this.decisions += 1;
  }
  internalError(): void {
    throw new Error('nothing fails here');
  }
}

function createSlot(name: Name, turns: number, sharedCache: FakeCache | undefined) {
  const model: ModelIdentity = { name, version: '1', digest: name, compilerVersion: '1' };
  const scored: number[] = [];
  const scorer: Scorer<number> = {
    model,
    score: async (digits) => {
      scored.push(...digits);
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      return Float64Array.from(digits, ANSWERS[name]);
    },
  };
  const counts = new Counts();
  const slot = new ModelSlot({
    scorer,
    kind: DIGITS,
    limits: { batchRowsMax: 3, queueRowsMax: 1000 },
    memoryEntries: 4,
    sharedCache,
    metrics: counts,
    signals: SILENT_SIGNALS,
    tracer: undefined,
    now: () => 0,
  });
  return { slot, counts, scored };
}

describe('two slots in one process', () => {
  const plan = fc.record({
    // What is asked of which model in each turn of the event loop; few digits, so that they meet.
    turns: fc.array(
      fc.array(
        fc.record({
          name: fc.constantFrom<Name>('old', 'new'),
          digit: fc.integer({ min: 0, max: 9 }),
        }),
        { maxLength: 12 },
      ),
      { minLength: 1, maxLength: 15 },
    ),
    oldTurns: fc.integer({ min: 0, max: 4 }),
    newTurns: fc.integer({ min: 0, max: 4 }),
    cacheTurns: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    goldenAt: fc.integer({ min: 0, max: 14 }),
  });

  it('never cross answers, caches, metrics or golden checks, however requests interleave', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ turns, oldTurns, newTurns, cacheTurns, goldenAt }) => {
        const cache = cacheTurns === undefined ? undefined : new FakeCache(cacheTurns);
        const slots = {
          old: createSlot('old', oldTurns, cache),
          new: createSlot('new', newTurns, cache),
        };
        const golden = [1, 2, 3].map((digit) => {
          return { input: { digit }, positive: digit / 100, negative: 1 - digit / 100 };
        });
        const heard: { name: Name; digit: number; outcomes: Outcome[] }[] = [];
        const proofs: Promise<string>[] = [];
        for (const [turn, asked] of turns.entries()) {
          if (turn === goldenAt % turns.length) {
            for (const name of ['old', 'new'] as const) {
              proofs.push(slots[name].slot.prove(golden, 1e-12).then(({ state }) => state));
            }
          }
          for (const { name, digit } of asked) {
            const outcomes: Outcome[] = [];
            heard.push({ name, digit, outcomes });
            const body = Buffer.from(String(digit));
            slots[name].slot.decider.decide(
              body,
              1,
              (outcome) => outcomes.push(outcome),
              undefined,
            );
          }
          await nextTurn();
        }
        await untilAll(heard.map(({ outcomes }) => outcomes));

        expect(await Promise.all(proofs)).toEqual(['passed', 'failed']);
        for (const { name, digit, outcomes } of heard) {
          expect(outcomes).toEqual([
            expect.objectContaining({ kind: 'decided', positive: ANSWERS[name](digit) }),
          ]);
        }
        for (const name of ['old', 'new'] as const) {
          const own = heard.filter((one) => one.name === name);
          const sources = own.map(({ outcomes: [one] }) => one?.kind === 'decided' && one.source);
          const count = (source: string) => sources.filter((one) => one === source).length;
          const { counts, scored, slot } = slots[name];
          expect(counts).toMatchObject({
            decisions: own.length,
            rows: count('model'),
            memoryHits: count('memory'),
            joined: count('shared'),
          });
          expect(scored).toHaveLength(count('model') + golden.length);
          expect(slot.levels().cacheEntries).toBeLessThanOrEqual(4);
        }
        for (const [key, positive] of cache?.stored ?? []) {
          const [name, digit] = key.split(':') as [Name, string];
          expect(positive).toBe(ANSWERS[name](Number(digit)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
