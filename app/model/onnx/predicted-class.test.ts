import { describe, expect, it } from 'vitest';
import { randomIr } from '../ir/testing/random-ir.js';
import { predictedClass } from './predicted-class.js';
import { signatureOf } from './signature.js';
import type { ModelSignature } from './signature.js';

const ANY = signatureOf(randomIr(1), '1.1.0');

function signature(overrides: Partial<ModelSignature>): ModelSignature {
  return { ...ANY, loss: 'MultiClass', ...overrides };
}

describe('the class of a row', () => {
  const binary = { link: 'sigmoid', dimension: 1, classNames: ['no', 'yes'] } as const;

  it.each([
    [0.5, [-1, 0, 1e-9], ['no', 'no', 'yes']],
    [0.83, [1.5, 1.6], ['no', 'yes']],
    [0, [-1e9], ['yes']],
    [1, [1e9], ['no']],
    // CatBoost takes such a threshold too, and finds nothing above it.
    [1.5, [1e9], ['no']],
  ])('is decided by the threshold %d', (threshold, raw, expected) => {
    const found = raw.map((_, row) =>
      predictedClass(signature({ ...binary, threshold }), raw, row),
    );
    expect(found).toEqual(expected);
  });

  it('is decided by 0.5 in files without a threshold', () => {
    const { threshold: _, ...older } = signature(binary);
    expect([-0.1, 0.1].map((raw) => predictedClass(older, [raw], 0))).toEqual(['no', 'yes']);
  });

  it('is the first of the highest raw values of several', () => {
    const several = signature({ link: 'softmax', dimension: 3, classNames: ['a', 'b', 'c'] });
    const raw = [0, 2, 2, -Infinity, -3, -Infinity];
    expect([0, 1].map((row) => predictedClass(several, raw, row))).toEqual(['b', 'b']);
  });

  it('is all labels that apply where several may', () => {
    const labels = signature({
      link: 'one-vs-all',
      loss: 'MultiLogloss',
      dimension: 3,
      classNames: ['a', 'b', 'c'],
    });
    expect(predictedClass(labels, [0.1, 0, 2], 0)).toEqual(['a', 'c']);
    expect(predictedClass(labels, [-1, -1, -1], 0)).toEqual([]);
  });

  it('does not exist without classes', () => {
    expect(predictedClass(signature({ classNames: [], link: 'exponent' }), [1], 0)).toBeUndefined();
  });
});
