import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lowerCbm } from '../catboost/lower.js';
import { readCbm } from '../catboost/read-cbm.js';
import { ModelError } from '../errors.js';
import type { Column, FeatureRow, Ir, Tree } from '../ir/ir.js';
import { constantIr } from '../ir/testing/constant-ir.js';
import { categoryHash } from './ctr-lookup.js';
import { createInterpreter, interpret } from './interpret.js';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/cbm');

const EMPTY = constantIr({ features: [], link: 'identity', classNames: [] });

/** A model that answers with 1 where `column` is above `border`, else with 0. */
function asks(column: Column, border: number, own: Partial<Ir> = {}): Ir {
  const tree: Tree = {
    kind: 'oblivious',
    splits: [{ column: (own.columns?.length ?? 1) - 1, border }],
    leaves: Float64Array.of(0, 1),
  };
  const kind =
    column.kind === 'float' ? 'float' : column.kind === 'one-hot' ? 'categorical' : 'text';
  const features = [{ kind, name: 'only', index: 0 }] as const;
  return { ...EMPTY, features, columns: [column], trees: [tree], ...own };
}

const raw = (ir: Ir, row: FeatureRow): number => interpret(ir, row).raw[0]!;

describe('float columns', () => {
  const half = asks({ kind: 'float', feature: 0, missing: 'below' }, 0.5);
  const above = asks({ kind: 'float', feature: 0, missing: 'above' }, 0.5);

  it('are compared strictly', () => {
    expect([0.4, 0.5, 0.6].map((value) => raw(half, [value]))).toEqual([0, 0, 1]);
  });

  it('are rounded to f32 first', () => {
    expect(raw(half, [0.5 + 1e-9])).toBe(0);
    expect(raw(half, [0.5 + 1e-6])).toBe(1);
    expect(raw(half, [1e300])).toBe(1);
  });

  it('let a missing number lie below or above every border', () => {
    expect([raw(half, [NaN]), raw(above, [NaN])]).toEqual([0, 1]);
  });
});

describe('one-hot columns', () => {
  it('are 1 for the category with the hash', () => {
    expect(categoryHash('Monday')).toBe(44130231);
    expect(categoryHash('a')).toBe(3489901818 - 2 ** 32);
    const model = asks({ kind: 'one-hot', feature: 0, hash: 44130231 }, 0.5);
    expect(['Monday', 'monday', ''].map((value) => raw(model, [value]))).toEqual([1, 0, 0]);
  });
});

describe('CTR columns', () => {
  const features = [
    { kind: 'categorical', name: 'first', index: 0 },
    { kind: 'categorical', name: 'second', index: 1 },
    { kind: 'float', name: 'number', index: 0 },
  ] as const;
  const number: Column = { kind: 'float', feature: 0, missing: 'below' };
  const ctr: Column = { kind: 'ctr', table: 0, values: Float32Array.of(3), unseen: 0 };

  it('find the row of a projection of two categories', () => {
    const pair = asks(ctr, 2, {
      features,
      columns: [ctr],
      ctrTables: [
        { categories: [0, 1], conditions: [], hashes: BigUint64Array.of(0x12626c2ed7c0e930n) },
      ],
    });
    expect(raw(pair, ['Форсаж', 'Monday', 0])).toBe(1);
    expect(raw(pair, ['Monday', 'Форсаж', 0])).toBe(0);
  });

  it('fold in whether conditions hold', () => {
    const M = 0x4906ba494954cb65n;
    const fold = (hash: bigint, x: bigint): bigint => BigInt.asUintN(64, M * (hash + M * x));
    const projection = [1n, 0n, 0n].reduce(fold, 0xc3f8ea5bf1b9093dn);
    const model = asks(ctr, 2, {
      features,
      columns: [number, ctr],
      ctrTables: [
        {
          categories: [0],
          conditions: [
            { kind: 'range', column: 0, above: 1, atMost: Infinity },
            { kind: 'range', column: 0, above: 5, atMost: 9 },
            { kind: 'never' },
          ],
          hashes: BigUint64Array.of(projection),
        },
      ],
    });
    const answers = [1, 2, 5, 6, 9, 10, NaN].map((value) => raw(model, ['Форсаж', '', value]));
    expect(answers).toEqual([0, 1, 1, 0, 0, 1, 0]);
  });
});

describe('text columns', () => {
  // Hashes of 'А' (Cyrillic), '0' and 'D' under seed 0.
  const wordHashes = BigUint64Array.of(
    0x1d0063dee04bb01an,
    0x4ccb322c4bcf1d63n,
    0x8256276b1de2af58n,
  );
  const token: Column = { kind: 'token', dictionary: 0, gram: 0 };
  const model = (gramOrder: number, skip: number, gram: number[], border: number): Ir =>
    asks(token, border, {
      dictionaries: [{ feature: 0, seed: 0n, wordHashes, gramOrder, skip, grams: [gram] }],
    });

  it('count a word, splitting on single spaces only', () => {
    const word = (border: number): Ir => model(1, 0, [0], border);
    expect(raw(word(0.5), [' А  0 '])).toBe(1);
    expect(raw(word(1.5), ['А 0 А'])).toBe(1);
    expect(raw(word(0.5), ['А\t0'])).toBe(0);
    expect(raw(word(0.5), ['A'])).toBe(0);
    expect(raw(word(0.5), [''])).toBe(0);
  });

  it('count pairs, which an unknown word between breaks', () => {
    const pair = model(2, 0, [0, 1], 0.5);
    expect(raw(pair, ['D А 0'])).toBe(1);
    expect(raw(pair, ['А ? 0'])).toBe(0);
    expect(raw(pair, ['0 А'])).toBe(0);
  });

  it('count words that stand apart', () => {
    const apart = model(2, 1, [0, 1], 0.5);
    expect(raw(apart, ['А ? 0'])).toBe(1);
    expect(raw(apart, ['А 0'])).toBe(0);
  });

  it('turn counts into the probability of a class', () => {
    const bayes: Column = { kind: 'naive-bayes', calcer: 0, output: 0 };
    const ir: Ir = asks(bayes, 0, {
      dictionaries: [
        { feature: 0, seed: 0n, wordHashes, gramOrder: 1, skip: 0, grams: [[0], [1]] },
      ],
      naiveBayes: [
        {
          dictionary: 0,
          tokenPrior: 0.5,
          logPrior: Float64Array.of(Math.log(4), Math.log(1)),
          denominator: Float64Array.of(5, 7),
          classes: [
            { logWeight: Float64Array.of(Math.log(3.5), Math.log(0.5)), seen: Uint8Array.of(1, 0) },
            { logWeight: Float64Array.of(Math.log(1.5), Math.log(2.5)), seen: Uint8Array.of(1, 1) },
          ],
        },
      ],
    });
    const probability = (text: string): number => {
      // The exact value is found between the two borders beside it.
      let low = 0;
      let high = 1;
      for (let i = 0; i < 60; i++) {
        const middle = (low + high) / 2;
        const split = { column: 0, border: middle };
        const tree: Tree = { kind: 'oblivious', splits: [split], leaves: Float64Array.of(0, 1) };
        if (raw({ ...ir, trees: [tree] }, [text]) === 1) low = middle;
        else high = middle;
      }
      return high;
    };
    expect(probability('')).toBeCloseTo(Math.fround(4 / 5), 12);
    // Two of the first word, one of the second: 4 * 3.5^2 * 0.5 / 5.5^3 against 1.5^2 * 2.5 / 7^3.
    const first = (4 * 3.5 ** 2 * 0.5) / 5.5 ** 3;
    const second = (1.5 ** 2 * 2.5) / 7 ** 3;
    expect(probability('А 0 А D')).toBeCloseTo(Math.fround(first / (first + second)), 12);
  });
});

describe('trees and links', () => {
  const columns: Column[] = [0, 1].map((feature) => ({ kind: 'float', feature, missing: 'below' }));
  const features = [0, 1].map((index) => ({ kind: 'float', name: `f${index}`, index }) as const);
  const splits = [
    { column: 0, border: 0 },
    { column: 1, border: 0 },
  ];
  const four: Tree = { kind: 'oblivious', splits, leaves: Float64Array.of(1, 2, 4, 8) };

  it('take the first split as the lowest bit of the leaf', () => {
    const ir = { ...EMPTY, features, columns, trees: [four] };
    const rows = [
      [-1, -1],
      [1, -1],
      [-1, 1],
      [1, 1],
    ];
    expect(rows.map((row) => raw(ir, row))).toEqual([1, 2, 4, 8]);
  });

  it('walk trees of single nodes as they walk symmetric ones', () => {
    const binary: Tree = {
      kind: 'binary',
      column: Int32Array.of(0, 1, -1, -1, -1),
      border: Float64Array.of(0, 0, 0, 0, 0),
      whenTrue: Int32Array.of(4, 3, 0, 1, 2),
      whenFalse: Int32Array.of(1, 2, 0, 0, 0),
      leaves: Float64Array.of(10, 20, 30),
    };
    const ir = { ...EMPTY, features, columns, trees: [binary] };
    expect([raw(ir, [-1, -1]), raw(ir, [-1, 1]), raw(ir, [1, 1])]).toEqual([10, 20, 30]);
    const loop = { ...binary, whenTrue: Int32Array.of(0, 0, 0, 0, 0) };
    expect(() => raw({ ...ir, trees: [loop] }, [1, 1])).toThrow(/leads back/);
  });

  it('add leaves in order, then scale and bias', () => {
    const stump = (leaf: number): Tree => ({
      kind: 'oblivious',
      splits: [],
      leaves: Float64Array.of(leaf),
    });
    const trees = [stump(0.1), stump(0.2), stump(0.3)];
    expect(raw({ ...EMPTY, trees, scale: 3, bias: [0.5] }, [])).toBe(3 * (0.1 + 0.2 + 0.3) + 0.5);
  });

  it('keep the leaves of several outputs together', () => {
    const tree: Tree = {
      kind: 'oblivious',
      splits: [{ column: 0, border: 0 }],
      leaves: Float64Array.of(1, 2, 3, 4),
    };
    const ir: Ir = { ...EMPTY, features, columns, trees: [tree], dimension: 2, bias: [0, 0.5] };
    expect(interpret(ir, [1, 0]).raw).toEqual([3, 4.5]);
  });

  it('turn raw values into probabilities', () => {
    const answer = (link: Ir['link'], bias: number[]): readonly number[] =>
      interpret({ ...EMPTY, link, bias, dimension: bias.length }, []).probabilities;
    const positive = 1 / (1 + Math.exp(-0.7));
    expect(answer('sigmoid', [0.7])).toEqual([1 - positive, positive]);
    expect(answer('identity', [0.7, 3])).toEqual([0.7, 3]);
    expect(answer('one-vs-all', [0.7, 0])).toEqual([positive, 0.5]);
    expect(answer('softmax', [1000, 1000])).toEqual([0.5, 0.5]);
    expect(answer('sigmoid', [-1e6])).toEqual([1, 0]);
    expect(answer('softmax', [0.7, -Infinity, 0.7])).toEqual([0.5, 0, 0.5]);
    expect(answer('one-vs-all', [0, -Infinity])).toEqual([0.5, 0]);
    expect(answer('exponent', [0.7])).toEqual([Math.exp(0.7)]);
    expect(answer('mean-and-variance', [0.7, 0.2])).toEqual([0.7, Math.exp(0.4)]);
  });
});

describe('inputs', () => {
  const ir: Ir = {
    ...EMPTY,
    features: [
      { kind: 'float', name: 'hour', index: 0 },
      { kind: 'categorical', name: 'camera', index: 0 },
      { kind: 'text', name: 'plate', index: 0 },
    ],
  };

  it.each([
    [
      'a text for a float',
      ['one', 'x', 'y'],
      /float feature "hour": .* got a string that is no num/,
    ],
    [
      'a fraction for a category',
      [1, 2.5, 'y'],
      /categorical feature "camera": .* got a value of the type number/,
    ],
    [
      'a number for a text',
      [1, 'x', 3],
      /text feature "plate": expected a string, got a value of the type number/,
    ],
    ['half of a pair', [1, 'x\ud83d', 'y'], /"camera": .* with an unpaired surrogate/],
    ['the other half', [1, 'x', '\ude00'], /"plate": .* with an unpaired surrogate/],
    ['too few', [1, 'x'], /a row of 2 values, expected 3, one per feature/],
  ])('are refused by feature: %s', (_, row, message) => {
    expect(() => interpret(ir, row)).toThrow(ModelError);
    expect(() => interpret(ir, row)).toThrow(message);
  });

  it('may hold any well-formed string', () => {
    expect(interpret(ir, [NaN, '', '\0😀']).raw).toEqual([0]);
  });
});

describe("CatBoost's own answers", () => {
  it.each([
    'everything',
    'one-hot-beside-text',
    'long-grams',
    'three-classes',
    'regression',
    'many-borders',
    'ctr-borders',
    'ctr-buckets',
    'ctr-binarizedtargetmeanvalue',
    'ctr-counter',
    'lossguide',
    'depthwise-classes',
    'old-classes',
  ])('are met: %s', (name) => {
    const score = createInterpreter(
      lowerCbm(readCbm(readFileSync(join(FIXTURES, `${name}.cbm`))), ''),
    );
    const lines = readFileSync(join(FIXTURES, `${name}.ndjson`), 'utf8')
      .trim()
      .split('\n');
    expect(lines.length).toBe(60);
    for (const line of lines) {
      const expected = JSON.parse(line) as {
        row: (number | string | null)[];
        raw: number[];
        probabilities: number[];
      };
      const answer = score(expected.row.map((value) => value ?? NaN));
      expect(answer.raw).toEqual(expected.raw);
      expect(answer.probabilities.length).toBe(expected.probabilities.length);
      answer.probabilities.forEach((value, i) => {
        expect(Math.abs(value - expected.probabilities[i]!)).toBeLessThan(1e-15);
      });
    }
  });
});
