import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import { murmurHash64A } from '../hash/murmur-hash-64a.js';
import type { CbmDictionary } from './cbm-model.js';
import { LoweringBudget } from './lowering-budget.js';
import { recoverGrams } from './recover-grams.js';

interface Sample {
  readonly order: number;
  readonly words: readonly number[];
  readonly grams: readonly (readonly number[])[];
  readonly seed?: bigint;
}

function dictionary({ order, words, grams, seed = 0n }: Sample): CbmDictionary {
  const hashes = grams.map((gram) =>
    murmurHash64A(new Uint8Array(Int32Array.from(gram).buffer), seed),
  );
  return {
    guid: 'abc',
    size: grams.length,
    gramOrder: order,
    skip: 0,
    words: {
      seed: 0n,
      hashes: BigUint64Array.from(words, BigInt),
      ids: Uint32Array.from(words),
    },
    grams: {
      seed,
      hashes: BigUint64Array.from(hashes),
      ids: Uint32Array.from(grams, (_, i) => i),
    },
  };
}

describe('recoverGrams', () => {
  it('undoes the vector of the pair (0, 3)', () => {
    const pair = dictionary({ order: 2, words: [0, 3], grams: [[0, 3]] });
    expect(pair.grams?.hashes[0]).toBe(0xad1b33bbd9dfdeban);
    expect(recoverGrams(pair, new LoweringBudget())).toEqual([[0, 3]]);
  });

  it.each([2, 3, 4, 5, 6])(
    'finds the words of grams of %i, whatever their ids and seed',
    (order) => {
      const words = [0, 4, 11, 70_000];
      const grams = [0, 1, 2, 3].map((shift) =>
        Array.from({ length: order }, (_, i) => words[(i * i + shift) % words.length]!),
      );
      const sample = dictionary({ order, words, grams, seed: 0xfedcba9876543210n });
      expect(recoverGrams(sample, new LoweringBudget())).toEqual(grams);
    },
  );

  it('finds every pair of a vocabulary', () => {
    const words = Array.from({ length: 40 }, (_, i) => i);
    const grams = words.flatMap((first) => words.map((second) => [first, second]));
    const sample = dictionary({ order: 2, words, grams });
    expect(recoverGrams(sample, new LoweringBudget())).toEqual(grams);
  });

  it('has nothing to do for single words', () => {
    const words = { ...dictionary({ order: 1, words: [0], grams: [] }), grams: undefined };
    expect(recoverGrams(words, new LoweringBudget())).toEqual([]);
  });

  it('refuses a gram of a word that the dictionary does not know', () => {
    const sample = dictionary({ order: 2, words: [0, 1], grams: [[0, 2]] });
    expect(() => recoverGrams(sample, new LoweringBudget())).toThrow(
      /no combination of known words \(dictionary abc\)/,
    );
  });

  it('refuses work beyond the bound before it begins, naming the dictionary', () => {
    const words = Array.from({ length: 100 }, (_, i) => i);
    const sample = dictionary({ order: 7, words, grams: [[0, 1, 2, 3, 4, 5, 6]] });
    const recover = (): unknown => recoverGrams(sample, new LoweringBudget());
    expect(recover).toThrow(ModelError);
    expect(recover).toThrow(/dictionary abc: 1 grams of 7 out of 100 words take 10000000000/);
  });

  it('counts the work of all dictionaries of a model together', () => {
    const words = Array.from({ length: 100 }, (_, i) => i);
    const budget = new LoweringBudget();
    budget.takeSteps(2 ** 25 - 150, 'another dictionary');
    const sample = dictionary({ order: 3, words, grams: [[0, 1, 2]] });
    expect(recoverGrams(sample, budget)).toEqual([[0, 1, 2]]);
    expect(() => recoverGrams(sample, budget)).toThrow(/at most 33554432 for all/);
  });
});
