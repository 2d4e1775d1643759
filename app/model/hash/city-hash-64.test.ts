import { describe, expect, it } from 'vitest';

import { cityHash64 } from './city-hash-64.js';

/** Low 32 bits as CatBoost 1.0.5 and 1.2.10 store them in a model. */
const CATEGORIES: readonly (readonly [category: string, low32: number])[] = [
  ['', 797982799],
  ['a', 3489901818],
  ['ab', 4090249022],
  ['abcd', 345588365],
  ['Monday', 44130231],
  ['Форсаж', 606059525],
  ['private car', 1386960086],
  ['Стационарная', 2568553011],
  ['x'.repeat(17), 400127573],
  ['x'.repeat(33), 1424607287],
  ['x'.repeat(65), 4146223823],
];

/**
 * All 64 bits over `pattern(length)`, by the C++ of the Python package clickhouse-cityhash 1.0.2.6
 * (`from clickhouse_cityhash.cityhash import CityHash64`), which keeps version 1.0.
 */
const PATTERNS: readonly (readonly [length: number, hash: bigint])[] = [
  [0, 0x9ae16a3b2f90404fn],
  [1, 0x6209312a69a56947n],
  [2, 0xe59ced042aecdbe7n],
  [3, 0x41b4ea8929144074n],
  [4, 0xff1c21745ef48701n],
  [5, 0x051b5e65851140fbn],
  [7, 0x0460f4d0ee8292f6n],
  [8, 0x3d3dbb2eb8757976n],
  [9, 0x2bf369679183200an],
  [12, 0x47bd4e0ee6ba4499n],
  [15, 0x90bcb0497b6a2dcbn],
  [16, 0x53b16d07eccd17b5n],
  [17, 0x78a51c1f1e25d39an],
  [20, 0xf84471fe0a4a8a47n],
  [23, 0x0288c23152e88738n],
  [31, 0x1d27e43bc259c300n],
  [32, 0x48eb1aa1377d0cc6n],
  [33, 0xe901cb3975d0384dn],
  [40, 0x4f196056ad0ab518n],
  [47, 0x9760b6c1b2b09eabn],
  [63, 0x9f5f92d9f49e8521n],
  [64, 0xab1eff7d6533e1aan],
  [65, 0x7c8cd7dc0fc027e3n],
  [66, 0xb464771f73550445n],
  [100, 0x0d3818c6b3f55d81n],
  [127, 0xe20de37aa2decc7bn],
  [128, 0x51c71b1c67ec0ca5n],
  [129, 0xa0a5089fa42b6f6cn],
  [192, 0xc6df29fba681a133n],
  [193, 0xefead06210c15c41n],
  [255, 0x7effca48d9a3890bn],
  [256, 0x725a509327990af6n],
  [257, 0x38ca3bfc9293797en],
  [1000, 0xa9a4bc6915794dffn],
];

/** Byte i is 37 * i + length, mod 256. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 37 + length);
}

describe('cityHash64', () => {
  it.each(CATEGORIES)("gives CatBoost's hash of %j", (category, low32) => {
    expect(cityHash64(new TextEncoder().encode(category)) & 0xffffffffn).toBe(BigInt(low32));
  });

  it.each(PATTERNS)('hashes %d bytes as the C++ does', (length, hash) => {
    expect(cityHash64(pattern(length))).toBe(hash);
  });

  it('hashes a view by its own bytes, wherever it lies in its buffer', () => {
    for (const [length, hash] of PATTERNS) {
      const around = new Uint8Array(length + 11).fill(0xa5);
      around.set(pattern(length), 5);
      expect(cityHash64(around.subarray(5, 5 + length))).toBe(hash);
    }
  });
});
