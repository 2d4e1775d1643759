import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { murmurHash64A } from './murmur-hash-64a.js';
import { TokenHasher } from './token-hasher.js';

const SEEDS = [0n, 1n, 0xfedcba9876543210n, 0xffffffffffffffffn];

function exactHash(token: string, seed: bigint): bigint {
  return murmurHash64A(new TextEncoder().encode(token), seed);
}

/** Hashes into the middle of an array and checks that nothing else was written. */
function hashed(write: (out: Uint32Array, at: number) => void): bigint {
  const out = new Uint32Array(6).fill(7);
  write(out, 2);
  expect([out[0], out[1], out[4], out[5]]).toEqual([7, 7, 7, 7]);
  return (BigInt(out[3] ?? 0) << 32n) | BigInt(out[2] ?? 0);
}

describe('TokenHasher', () => {
  it.each(SEEDS)('agrees with the exact hash on each symbol that it keeps, seed %s', (seed) => {
    const hasher = new TokenHasher(seed);
    for (let codePoint = 0; codePoint < 0x600; codePoint++) {
      const hash = hashed((out, at) => hasher.hashSymbol(codePoint, out, at));
      if (hash !== exactHash(String.fromCodePoint(codePoint), seed)) {
        expect.fail(`U+${codePoint.toString(16)} has another hash`);
      }
    }
  });

  it('agrees with the exact hash on any symbol and any token', () => {
    const token = fc.oneof(
      fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 1 }),
      fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/\p{Surrogate}/u.test(text)),
    );
    fc.assert(
      fc.property(token, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (text, seed) => {
        const hasher = new TokenHasher(seed);
        expect(hashed((out, at) => hasher.hashToken(text, out, at))).toBe(exactHash(text, seed));
        const codePoint = text.codePointAt(0);
        if (codePoint === undefined) return;
        expect(hashed((out, at) => hasher.hashSymbol(codePoint, out, at))).toBe(
          exactHash(String.fromCodePoint(codePoint), seed),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each([0, 1, 7, 8, 9, 15, 16, 17, 24])('hashes a token of %d bytes', (length) => {
    const token = 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
    for (const seed of SEEDS) {
      const hasher = new TokenHasher(seed);
      expect(hashed((out, at) => hasher.hashToken(token, out, at))).toBe(exactHash(token, seed));
    }
  });
});
