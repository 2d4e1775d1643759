import { ModelError } from '../errors.js';
import type { Ir } from '../ir/ir.js';
import type { Block, Place, PlacedBlock } from './column-block.js';
import { emitProjectionHashes } from './emit-projection-hashes.js';
import type { GraphBuilder } from './graph-builder.js';
import { codeBound, collectProjections, isSingle } from './projections.js';
import type { BordersOf, Projection, ProjectionKeys } from './projections.js';

/** Rows of categories apart by more than any 32-bit hash. */
const FEATURE_STRIDE = 2n ** 33n;

/**
 * One-hot columns and CTRs, all by ONE lookup: the keys of all projections are translated to rows of
 * one table, and the rows gathered. A column's cell is not the CTR's value but its place among the
 * column's borders, counted from the unseen value, so that row 0 (all zero) means unseen for every
 * projection, and rows that trees cannot tell apart from it take no room.
 */
export function emitCategories(
  ir: Ir,
  graph: GraphBuilder,
  input: string,
  bordersOf: BordersOf,
  conditionPlaces: ReadonlyMap<number, Place>,
  type: Block['type'],
): PlacedBlock | undefined {
  const projections = collectProjections(ir, bordersOf);
  if (projections.length === 0) return undefined;
  const keys = projections.every(isSingle)
    ? singleKeys(ir, graph, input, projections)
    : emitProjectionHashes(ir, graph, input, projections, conditionPlaces);

  const depth = projections.reduce((most, { columns }) => Math.max(most, columns.length), 0);
  const table = new RowTable(depth);
  const rowOfKey = new Map<bigint, bigint>();
  for (const projection of projections) {
    for (const [rowKey, codes] of projection.rows) {
      const key = BigInt.asIntN(64, keys.keyOf(projection, rowKey));
      if (rowOfKey.has(key)) {
        throw new ModelError('unsupported-model', 'Two CTR projections have rows of the same hash');
      }
      rowOfKey.set(key, BigInt(table.row(codes)));
    }
  }

  const rows = emitLookup(graph, keys.tensor, rowOfKey);
  const values = type === 'f64' ? table.toFloat64() : Float32Array.from(table.toFloat64());
  const tensor = emitRows(graph, rows, values, table.rows, depth);
  const block: Block = { tensors: [tensor], type, width: keys.width * depth };
  return { block, places: placeColumns(ir, projections, keys, block, depth, bordersOf) };
}

/** Distinct rows of codes; row 0 is the unseen one. */
class RowTable {
  readonly #ids = new Map<string, number>();
  readonly #cells: number[] = [];

  constructor(private readonly depth: number) {
    this.row(new Int32Array(depth));
  }

  get rows(): number {
    return this.#ids.size;
  }

  row(codes: Int32Array): number {
    const cells = Array.from({ length: this.depth }, (_, index) => codes[index] ?? 0);
    const key = cells.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#ids.size);
    for (const cell of cells) this.#cells.push(cell);
    return this.#ids.size - 1;
  }

  toFloat64(): Float64Array {
    return Float64Array.from(this.#cells);
  }
}

function emitLookup(
  graph: GraphBuilder,
  keys: string,
  rowOfKey: ReadonlyMap<bigint, bigint>,
): string {
  // The operator wants at least one key; row 0 for any key changes nothing.
  const entries: (readonly [bigint, bigint])[] = rowOfKey.size > 0 ? [...rowOfKey] : [[0n, 0n]];
  return graph.node('LabelEncoder', [keys], {
    attributes: {
      keys_int64s: entries.map(([key]) => key),
      values_int64s: entries.map(([, row]) => row),
      default_int64: 0n,
    },
  });
}

/** Rows [N, positions] to cells [N, positions * depth]. */
function emitRows(
  graph: GraphBuilder,
  rows: string,
  values: Float32Array | Float64Array,
  count: number,
  depth: number,
): string {
  if (depth === 1) {
    return graph.node('Gather', [graph.constant('ctr_table', values, [count]), rows]);
  }
  const table = graph.constant('ctr_table', values, [count, depth]);
  const flat = graph.constant('ctr_flat', BigInt64Array.of(0n, -1n), [2]);
  return graph.node('Reshape', [graph.node('Gather', [table, rows]), flat]);
}

/**
 * Keys are the category hashes themselves. As the same text may come in any feature, all but the
 * first feature in use are moved out of each other's way.
 */
function singleKeys(
  ir: Ir,
  graph: GraphBuilder,
  input: string,
  projections: readonly Projection[],
): ProjectionKeys {
  const total = ir.features.filter((feature) => feature.kind === 'categorical').length;
  const used = projections.map((projection) => projection.categories[0] ?? 0);
  // A few columns out of many are gathered first; otherwise the spare ones are cheaper to keep.
  const gathers = used.length * 2 < total;
  const positionOf = new Map(
    projections.map((projection, index) => [projection, gathers ? index : (used[index] ?? 0)]),
  );
  const offsetOf = (position: number): bigint =>
    projections.length === 1 ? 0n : BigInt(position) * FEATURE_STRIDE;

  let tensor = input;
  const width = gathers ? used.length : total;
  if (gathers) {
    const columns = graph.constant('categories_used', BigInt64Array.from(used, BigInt), [width]);
    tensor = graph.node('Gather', [input, columns], { attributes: { axis: 1n } });
  }
  if (projections.length > 1) {
    const offsets = BigInt64Array.from({ length: width }, (_, position) => offsetOf(position));
    tensor = graph.node('Add', [tensor, graph.constant('category_offsets', offsets, [width])]);
  }
  return {
    tensor,
    width,
    positionOf,
    keyOf: (projection, rowKey) => rowKey + offsetOf(positionOf.get(projection) ?? 0),
  };
}

function placeColumns(
  ir: Ir,
  projections: readonly Projection[],
  keys: ProjectionKeys,
  block: Block,
  depth: number,
  bordersOf: BordersOf,
): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  for (const projection of projections) {
    projection.columns.forEach((index, cell) => {
      const column = ir.columns[index];
      const offset = (keys.positionOf.get(projection) ?? 0) * depth + cell;
      const bound =
        column?.kind === 'ctr'
          ? (border: number) => codeBound(bordersOf(index), border, column.unseen)
          : (border: number) => border;
      places.set(index, { block, offset, bound });
    });
  }
  return places;
}
