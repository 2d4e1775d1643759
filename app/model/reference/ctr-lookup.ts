import { cityHash64 } from '../hash/city-hash-64.js';
import type { Condition, CtrTable } from '../ir/ir.js';

const MULTIPLIER = 0x4906ba494954cb65n;

/** The hash by which a model knows a category: low 32 bits of CityHash64 1.0, signed. */
export function categoryHash(category: string): number {
  return Number(BigInt.asIntN(32, cityHash64(new TextEncoder().encode(category))));
}

/** Finds rows of a CTR table. */
export class CtrLookup {
  readonly #table: CtrTable;
  readonly #rows: ReadonlyMap<bigint, number>;

  constructor(table: CtrTable) {
    this.#table = table;
    this.#rows = new Map(Array.from(table.hashes, (hash, row) => [hash, row]));
  }

  /**
   * The row of a combination, undefined where training did not see it.
   *
   * @param hashes of all categorical features.
   */
  row(hashes: readonly number[], holds: (condition: Condition) => boolean): number | undefined {
    let projection = 0n;
    for (const category of this.#table.categories) {
      projection = fold(projection, BigInt(hashes[category] ?? 0));
    }
    for (const condition of this.#table.conditions) {
      projection = fold(projection, holds(condition) ? 1n : 0n);
    }
    return this.#rows.get(projection);
  }
}

function fold(hash: bigint, value: bigint): bigint {
  return BigInt.asUintN(64, MULTIPLIER * (hash + MULTIPLIER * value));
}
