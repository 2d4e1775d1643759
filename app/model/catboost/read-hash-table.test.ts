import { describe, expect, it } from 'vitest';
import { ByteCursor } from './byte-cursor.js';
import { readHashTable } from './read-hash-table.js';

const EMPTY = 2n ** 64n - 1n;

/** Buckets as [hash, value], or nothing. */
function table(buckets: readonly (readonly [bigint, number] | undefined)[], size = 12): ByteCursor {
  const view = new DataView(new ArrayBuffer(buckets.length * size));
  buckets.forEach((bucket, i) => {
    view.setBigUint64(i * size, bucket?.[0] ?? EMPTY, true);
    view.setUint32(i * size + 8, bucket?.[1] ?? 77, true);
  });
  return new ByteCursor(new Uint8Array(view.buffer), 'buckets');
}

describe('readHashTable', () => {
  it('gives the filled buckets in order', () => {
    const { hashes, values } = readHashTable(table([[4n, 9], undefined, [2n, 8], undefined]), 12);
    expect([[...hashes], [...values]]).toEqual([
      [4n, 2n],
      [9, 8],
    ]);
  });

  it('skips the garbage of wider buckets', () => {
    const { values } = readHashTable(table([undefined, [1n, 5]], 16), 16);
    expect([...values]).toEqual([5]);
  });

  it('follows keys that moved on, past the end to the beginning', () => {
    const wrapped = table([[3n, 1], [7n, 2], undefined, [11n, 0]]);
    expect(readHashTable(wrapped, 12).hashes.length).toBe(3);
    const full = table([
      [1n, 0],
      [3n, 1],
    ]);
    expect(readHashTable(full, 12).hashes.length).toBe(2);
  });

  it('takes a hash of which only one half is all ones', () => {
    const half = 0xffffffffn;
    expect(readHashTable(table([undefined, [half, 1]]), 12).hashes[0]).toBe(half);
  });

  it.each([0, 3, 5, 6, 7])('refuses %i buckets, which are no power of two', (count) => {
    const buckets = new Array<undefined>(count).fill(undefined);
    expect(() => readHashTable(table(buckets), 12)).toThrow(/expected a power of two of 12/);
  });

  it('refuses bytes that are no whole buckets', () => {
    expect(() => readHashTable(new ByteCursor(new Uint8Array(13), 'x'), 12)).toThrow(/13 bytes/);
  });

  it('refuses a hash where no look-up finds it', () => {
    const stranded = table([undefined, undefined, [1n, 0], undefined]);
    expect(() => readHashTable(stranded, 12)).toThrow(/no look-up finds it.*offset 24/);
  });

  it('refuses a hash that repeats', () => {
    const repeated = table([[4n, 0], [4n, 1], undefined, undefined]);
    expect(() => readHashTable(repeated, 12)).toThrow(/a hash repeats/);
  });
});
