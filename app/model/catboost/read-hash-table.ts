import type { ByteCursor } from './byte-cursor.js';

const WORD_MAX = 0xffffffff;

/** The filled buckets of an open-addressing table, in bucket order. */
export interface HashTable {
  /** Distinct 64-bit hashes. */
  readonly hashes: BigUint64Array;
  /** The u32 that stands behind each hash: a row or an id. */
  readonly values: Uint32Array;
}

/**
 * Reads CatBoost's dense hash table: a power of two of buckets, each a u64 hash and a u32 value (and
 * garbage up to `bucketBytes`), empty where the hash is 2^64 - 1. A key starts at the bucket
 * `hash mod buckets` and moves on by one until it meets itself or an empty bucket.
 *
 * @param cursor exactly the buckets.
 * @throws ModelError `damaged-model` where the number of buckets is wrong, a hash repeats, or stands
 *   where a look-up could not find it.
 */
export function readHashTable(cursor: ByteCursor, bucketBytes: number): HashTable {
  const buckets = cursor.length / bucketBytes;
  if (!Number.isInteger(Math.log2(buckets))) {
    cursor.fail(`${cursor.length} bytes of hash table, expected a power of two of ${bucketBytes}`);
  }
  const filled = findFilled(cursor, bucketBytes, buckets);
  const hashes = new BigUint64Array(filled.length);
  const values = new Uint32Array(filled.length);
  filled.forEach((bucket, i) => {
    hashes[i] = cursor.u64At(bucket * bucketBytes, 'hash');
    values[i] = cursor.u32At(bucket * bucketBytes + 8, 'value');
  });
  checkReachable(cursor, { bucketBytes, buckets, filled });
  const sorted = hashes.toSorted();
  if (sorted.some((hash, i) => i > 0 && hash === sorted[i - 1])) cursor.fail('a hash repeats');
  return { hashes, values };
}

function findFilled(cursor: ByteCursor, bucketBytes: number, buckets: number): number[] {
  const filled: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const at = bucket * bucketBytes;
    const empty =
      cursor.u32At(at, 'hash') === WORD_MAX && cursor.u32At(at + 4, 'hash') === WORD_MAX;
    if (!empty) filled.push(bucket);
  }
  return filled;
}

interface Layout {
  readonly bucketBytes: number;
  readonly buckets: number;
  readonly filled: readonly number[];
}

/** A look-up reaches a bucket if no empty one lies between the hash's first bucket and it. */
function checkReachable(cursor: ByteCursor, { bucketBytes, buckets, filled }: Layout): void {
  if (filled.length === buckets) return;
  let run = 0;
  let previous = -1;
  // The run that ends at the last bucket goes on at bucket 0.
  for (let i = filled.length - 1; i >= 0 && filled[i] === buckets - (filled.length - i); i--) run++;
  for (const bucket of filled) {
    run = bucket === previous + 1 ? run + 1 : 1;
    previous = bucket;
    const at = bucket * bucketBytes;
    const home = cursor.u32At(at, 'hash') % buckets;
    const distance = (bucket - home + buckets) % buckets;
    if (distance >= run) cursor.fail('a hash stands where no look-up finds it', at);
  }
}
