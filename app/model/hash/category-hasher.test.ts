import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CategoryHasher } from './category-hasher.js';
import { cityHash64 } from './city-hash-64.js';

function exactHash(text: string): number {
  return Number(BigInt.asIntN(32, cityHash64(new TextEncoder().encode(text))));
}

describe('CategoryHasher', () => {
  it('gives the signed low 32 bits', () => {
    const hasher = new CategoryHasher();
    expect(hasher.hash('')).toBe(797982799);
    expect(hasher.hash('a')).toBe(3489901818 - 2 ** 32);
  });

  it('agrees with the exact hash on any text, remembered or not, also when it forgets', () => {
    const hasher = new CategoryHasher(3);
    const text = fc.oneof(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.string({ unit: 'grapheme-composite', maxLength: 300 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const hash = exactHash(value);
        expect([hasher.hash(value), hasher.hash(value)]).toEqual([hash, hash]);
      }),
      { numRuns: 1000 },
    );
  });
});
