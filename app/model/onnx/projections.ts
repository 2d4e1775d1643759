import type { Condition, CtrColumn, Ir, OneHotColumn } from '../ir/ir.js';

/** Multiplier of CatBoost's projection hash, see {@link CtrTable}. */
const M = 0x4906ba494954cb65n;
const MASK = 0xffffffffffffffffn;

/**
 * A combination of categories and conditions that columns are looked up by. One-hot columns are
 * looked up by their category alone, as a CTR over a single category is.
 */
export interface Projection {
  readonly categories: readonly number[];
  readonly conditions: readonly Condition[];
  /** Indices of the IR's columns, in order. */
  readonly columns: readonly number[];
  /**
   * Codes of the rows that differ from an unseen one, by key: the category's 32-bit hash
   * (sign-extended) for a single category, otherwise the projection hash, modulo 2^64.
   * One code per column; an unseen row has code 0 throughout.
   */
  readonly rows: ReadonlyMap<bigint, Int32Array>;
}

/** What a lookup tensor [N, positions] holds and where each projection stands in it. */
export interface ProjectionKeys {
  readonly tensor: string;
  readonly width: number;
  /** Column of a projection within the tensor. */
  readonly positionOf: ReadonlyMap<Projection, number>;
  /** The lookup key of a projection's row key. */
  readonly keyOf: (projection: Projection, rowKey: bigint) => bigint;
}

/** Whether the key is the category's own hash. */
export function isSingle(
  projection: Pick<Projection, 'categories' | 'conditions'>,
): projection is Projection & { readonly categories: readonly [number] } {
  return projection.categories.length === 1 && projection.conditions.length === 0;
}

/** Borders that trees hold against a column, ascending, distinct. */
export type BordersOf = (column: number) => Float64Array;

/**
 * The place of a value among its borders, counted from where the unseen value stands. Codes are
 * small whole numbers, and `value > borders[i]` is `code > codeBound(i)`.
 */
export function codeOf(borders: Float64Array, value: number, unseen: number): number {
  return bordersBelow(borders, value) - bordersBelow(borders, unseen);
}

/** The bound on the code that stands for a border. */
export function codeBound(borders: Float64Array, border: number, unseen: number): number {
  return borders.indexOf(border) - bordersBelow(borders, unseen) + 0.5;
}

/** The projections of all one-hot and CTR columns, in order of first use. */
export function collectProjections(ir: Ir, bordersOf: BordersOf): Projection[] {
  const drafts = new Map<string, Draft>();
  ir.columns.forEach((column, index) => {
    if (column.kind !== 'one-hot' && column.kind !== 'ctr') return;
    const table = column.kind === 'ctr' ? ir.ctrTables[column.table] : undefined;
    const categories = column.kind === 'one-hot' ? [column.feature] : (table?.categories ?? []);
    const conditions = table?.conditions ?? [];
    const key = projectionKey(categories, conditions);
    const draft = drafts.get(key) ?? { categories, conditions, columns: [], codes: [] };
    drafts.set(key, draft);
    draft.columns.push(index);
    draft.codes.push(
      column.kind === 'one-hot'
        ? oneHotCodes(column)
        : ctrCodes(
            column,
            table?.hashes ?? new BigUint64Array(),
            bordersOf(index),
            isSingle(draft),
          ),
    );
  });
  return [...drafts.values()].map(finish);
}

/** Coefficients of the projection hash: it is linear in its 64-bit terms modulo 2^64. */
export function hashCoefficients(terms: number): bigint[] {
  return Array.from({ length: terms }, (_, index) => power(BigInt(terms - index + 1)));
}

interface Draft {
  readonly categories: readonly number[];
  readonly conditions: readonly Condition[];
  readonly columns: number[];
  readonly codes: ReadonlyMap<bigint, number>[];
}

function finish(draft: Draft): Projection {
  const rows = new Map<bigint, Int32Array>();
  draft.codes.forEach((codes, position) => {
    for (const [key, code] of codes) {
      const row = rows.get(key) ?? new Int32Array(draft.codes.length);
      row[position] = code;
      rows.set(key, row);
    }
  });
  const { categories, conditions, columns } = draft;
  return { categories, conditions, columns, rows };
}

function projectionKey(categories: readonly number[], conditions: readonly Condition[]): string {
  const parts = conditions.map((condition) =>
    condition.kind === 'never'
      ? 'never'
      : `${condition.column}:${condition.above}:${condition.atMost}`,
  );
  return `${categories.join()}|${parts.join()}`;
}

function oneHotCodes(column: OneHotColumn): Map<bigint, number> {
  return new Map([[BigInt(column.hash), 1]]);
}

/** Only rows whose code differs from the unseen one's. */
function ctrCodes(
  column: CtrColumn,
  hashes: BigUint64Array,
  borders: Float64Array,
  single: boolean,
): Map<bigint, number> {
  const codes = new Map<bigint, number>();
  hashes.forEach((hash, row) => {
    const code = codeOf(borders, column.values[row] ?? NaN, column.unseen);
    const key = single ? singleKey(hash) : hash;
    if (code !== 0 && key !== undefined) codes.set(key, code);
  });
  return codes;
}

/**
 * The category hash that a projection hash of a single category came from: hash = M * M * x, and M
 * is odd. Undefined where x is no sign-extended 32-bit number: no category leads there.
 */
function singleKey(hash: bigint): bigint | undefined {
  const x = BigInt.asIntN(64, hash * INVERSE_M_SQUARED);
  return BigInt.asIntN(32, x) === x ? x : undefined;
}

/** Inverse modulo 2^64 by Newton's iteration, which doubles the correct bits each time. */
function inverse(odd: bigint): bigint {
  let result = odd;
  for (let bits = 3; bits < 64; bits *= 2) result = (result * (2n - odd * result)) & MASK;
  return result;
}

const INVERSE_M_SQUARED = inverse((M * M) & MASK);

function power(exponent: bigint): bigint {
  let result = 1n;
  for (let i = 0n; i < exponent; i++) result = (result * M) & MASK;
  return result;
}

function bordersBelow(borders: Float64Array, value: number): number {
  let count = 0;
  for (const border of borders) if (value > border) count++;
  return count;
}
