import { describe, expect, it } from 'vitest';
import { checkGolden, describeGoldenFailure, type GoldenReading } from './golden-check.js';
import type { Scorer } from './ports.js';

/** Inputs of one number. */
const KIND = {
  parseGolden: ({ score }: Readonly<Record<string, unknown>>) =>
    typeof score === 'number' ? score : undefined,
};

const MODEL = { name: 'fake', version: '1', digest: 'd'.repeat(64), compilerVersion: '1' };

function golden(positive: number, score: unknown = positive): GoldenReading {
  return { input: { score }, negative: 1 - positive, positive };
}

/** Gives back each input as its score. */
function echoScorer(change: (positive: number, row: number) => number = (one) => one) {
  const batches: number[] = [];
  let row = 0;
  const scorer: Scorer<number> = {
    model: MODEL,
    score: (inputs) => {
      batches.push(inputs.length);
      const scores = inputs.map((input) => change(input, row++));
      return Promise.resolve(Float64Array.from(scores));
    },
  };
  return { scorer, batches };
}

const ROWS = Array.from({ length: 150 }, (_, i) => golden(i / 150));

describe('checkGolden', () => {
  it('passes where every answer is within the tolerance', async () => {
    const { scorer, batches } = echoScorer((positive) => positive + 5e-13);
    const result = await checkGolden(KIND, scorer, ROWS, 1e-12);
    expect(result.state).toBe('passed');
    expect(result.rows).toBe(150);
    expect(result.differenceMax).toBeGreaterThan(4e-13);
    expect(batches).toEqual([64, 64, 22]);
  });

  it.each([0, 63, 64, 149])('fails where row %d alone is off', async (wrong) => {
    const { scorer } = echoScorer((positive, row) => (row === wrong ? positive + 1e-9 : positive));
    const result = await checkGolden(KIND, scorer, ROWS, 1e-12);
    expect(result).toMatchObject({ state: 'failed', wrongRows: 1, firstWrongRow: wrong + 1 });
    expect(result.differenceMax).toBeCloseTo(1e-9, 12);
  });

  it('fails where an answer is no number', async () => {
    const { scorer } = echoScorer((positive, row) => (row === 70 ? NaN : positive));
    const result = await checkGolden(KIND, scorer, ROWS, 1e-12);
    expect(result).toEqual({
      state: 'failed',
      rows: 150,
      wrongRows: 1,
      firstWrongRow: 71,
      differenceMax: NaN,
    });
  });

  it('fails where a golden reading is not a good one', async () => {
    const { scorer } = echoScorer();
    const rows = [golden(0.5), golden(0.5, 'x'), golden(0.25), golden(0.5, 'y')];
    const result = await checkGolden(KIND, scorer, rows, 1e-12);
    expect(result).toMatchObject({ state: 'failed', wrongRows: 2, firstWrongRow: 2 });
    expect(describeGoldenFailure(result)).toBe(
      'the model failed its golden check: 2 of 4 rows are wrong, the first is row 2 (a reading has no answer)',
    );
  });

  it('fails where the negative probability alone is off', async () => {
    const { scorer } = echoScorer();
    const result = await checkGolden(KIND, scorer, [{ ...golden(0.5), negative: 0.4 }], 1e-12);
    expect(result.state).toBe('failed');
  });

  it('says so where there is nothing to check', async () => {
    const { scorer, batches } = echoScorer();
    expect((await checkGolden(KIND, scorer, [], 1e-12)).state).toBe('absent');
    expect(batches).toEqual([]);
  });
});
