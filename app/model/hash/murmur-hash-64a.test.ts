import { describe, expect, it } from 'vitest';

import { murmurHash64A } from './murmur-hash-64a.js';

/** Seed 0; from dictionaries of models that CatBoost trained. */
const TOKENS: readonly (readonly [token: string, hash: bigint])[] = [
  ['А', 0x1d0063dee04bb01an],
  ['0', 0x4ccb322c4bcf1d63n],
  ['D', 0x8256276b1de2af58n],
  ['abcdefgh', 0xafdb0257ff41aa98n],
  ['abcdefghi', 0xc9b9d84356146ac2n],
];

/**
 * Over `pattern(length)` with seed 0 and seed 0xfedcba9876543210, by a transliteration of the C++
 * to numpy's uint64.
 */
const PATTERNS: readonly (readonly [length: number, seed0: bigint, seeded: bigint])[] = [
  [0, 0x0000000000000000n, 0x70d7f85b95eb4ff2n],
  [1, 0xb09b25bfc7c41d07n, 0x45e1cc7bfe42c00en],
  [2, 0x9581b43d740ce0b8n, 0xb036cc61f01aa983n],
  [3, 0xf3d5a45ab27fab36n, 0x3de64df59a3bba65n],
  [4, 0x545e5f71400e4eccn, 0x1874a809f5e47adbn],
  [5, 0xc2b18b058cdfc143n, 0x24f1b5d6f9f338c7n],
  [6, 0xb17c7f61991ad6fdn, 0x154512a7af2eb214n],
  [7, 0x9eb0265078b33ca0n, 0x6922ab5f4789aee8n],
  [8, 0xeeaad764c1b12807n, 0x7a1a61314c6fc836n],
  [9, 0xbeb1a1f93cb89471n, 0x9492a14d8049a08an],
  [12, 0x61c17b6af57969b1n, 0xe18320ba719fba68n],
  [15, 0x490168db6453c9bdn, 0x46e3494918c525fcn],
  [16, 0x16bf246d70d1ca02n, 0x229b85f6abdb9592n],
  [17, 0xfa61cc7f3dfb5855n, 0x6739b4cb48686fdan],
  [24, 0x60542e8ab9ef6351n, 0x3e4122a0c1b51310n],
  [31, 0x4317b9b23bc73a6bn, 0x20cf5027729cfbc8n],
  [32, 0x8ea7eece66f8f46cn, 0x0b3bd9882ef20292n],
  [33, 0x67a9f2bc8d7d5e28n, 0x3bb235f3f109f776n],
  [100, 0x2e2be260526ef7b2n, 0xc282de891e8075c2n],
];

/** Byte i is 37 * i + length, mod 256. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 37 + length);
}

describe('murmurHash64A', () => {
  it.each(TOKENS)("gives CatBoost's hash of the token %j", (token, hash) => {
    expect(murmurHash64A(new TextEncoder().encode(token), 0n)).toBe(hash);
  });

  it('hashes a pair of little-endian ids as dictionaries of bigrams do', () => {
    const pair = new Uint8Array(Int32Array.of(0, 3).buffer);
    expect(murmurHash64A(pair, 0n)).toBe(0xad1b33bbd9dfdeban);
  });

  it.each(PATTERNS)(
    'hashes %d bytes as the C++ does, with and without a seed',
    (length, h0, h1) => {
      expect(murmurHash64A(pattern(length), 0n)).toBe(h0);
      expect(murmurHash64A(pattern(length), 0xfedcba9876543210n)).toBe(h1);
    },
  );

  it('hashes a view by its own bytes, wherever it lies in its buffer', () => {
    for (const [length, hash] of PATTERNS) {
      const around = new Uint8Array(length + 11).fill(0xa5);
      around.set(pattern(length), 3);
      expect(murmurHash64A(around.subarray(3, 3 + length), 0n)).toBe(hash);
    }
  });
});
