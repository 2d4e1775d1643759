import { ModelError } from '../errors.js';
import type { Condition, Ir } from '../ir/ir.js';
import type { Block, Place } from './column-block.js';
import type { GraphBuilder } from './graph-builder.js';
import { hashCoefficients, isSingle } from './projections.js';
import type { Projection, ProjectionKeys } from './projections.js';

/**
 * A 0/1 term of projection hashes: `value > bound` of a placed column, or `category == hash`.
 * Conditions are sums of such atoms, and the projection hash is a sum over its terms modulo 2^64;
 * so every hash is linear in the category hashes and the atoms, and ONE product of whole numbers
 * (which wraps in the runtime as it does in CatBoost) gives all of them.
 */
type Atom =
  | { readonly kind: 'above'; readonly place: Place; readonly bound: number }
  | { readonly kind: 'equal'; readonly feature: number; readonly hash: number };

/** `constant + sum of factor * input`, inputs being category hashes and atoms. */
interface LinearForm {
  constant: bigint;
  readonly categories: Map<number, bigint>;
  readonly atoms: Map<string, bigint>;
}

/** Keys of combinations: projection hashes, each projection's multiplied by a number of its own. */
export function emitProjectionHashes(
  ir: Ir,
  graph: GraphBuilder,
  input: string,
  projections: readonly Projection[],
  places: ReadonlyMap<number, Place>,
): ProjectionKeys {
  const atoms = new Map<string, Atom>();
  const forms = projections.map((projection) => linearForm(ir, projection, places, atoms));
  const categories = ir.features.filter((feature) => feature.kind === 'categorical').length;

  const parts = emitAtoms(graph, input, atoms);
  const rowOfAtom = new Map<string, number>();
  for (const part of parts) {
    for (const key of part.keys) rowOfAtom.set(key, categories + rowOfAtom.size);
  }
  const height = categories + rowOfAtom.size;
  const matrix = new BigInt64Array(height * projections.length);
  forms.forEach((form, column) => {
    const put = (row: number, factor: bigint): void => {
      const scaled = factor * separator(column);
      matrix[row * projections.length + column] = BigInt.asIntN(64, scaled);
    };
    form.categories.forEach((factor, feature) => put(feature, factor));
    form.atoms.forEach((factor, key) => put(rowOfAtom.get(key) ?? 0, factor));
  });

  const terms = graph.concat([input, ...parts.map((part) => part.tensor)]);
  const factors = graph.constant('hash_factors', matrix, [height, projections.length]);
  const order = new Map(projections.map((projection, index) => [projection, index]));
  return {
    tensor: graph.node('MatMul', [terms, factors]),
    width: projections.length,
    positionOf: order,
    keyOf: (projection, rowKey) => {
      const column = order.get(projection) ?? 0;
      const constant = forms[column]?.constant ?? 0n;
      return BigInt.asIntN(64, (rowKey - constant) * separator(column));
    },
  };
}

/**
 * An odd number per projection (splitmix64): multiplying by it loses nothing, and keeps the same
 * category in two features, or a hash in two projections, from meeting in the lookup.
 */
function separator(column: number): bigint {
  let z = BigInt.asUintN(64, BigInt(column + 1) * 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return (z ^ (z >> 31n)) | 1n;
}

function linearForm(
  ir: Ir,
  projection: Projection,
  places: ReadonlyMap<number, Place>,
  atoms: Map<string, Atom>,
): LinearForm {
  const { categories, conditions } = projection;
  const form: LinearForm = { constant: 0n, categories: new Map(), atoms: new Map() };
  const factors = isSingle(projection)
    ? [1n]
    : hashCoefficients(categories.length + conditions.length);
  categories.forEach((feature, index) => {
    form.categories.set(feature, (form.categories.get(feature) ?? 0n) + (factors[index] ?? 0n));
  });
  conditions.forEach((condition, index) => {
    const factor = factors[categories.length + index] ?? 0n;
    addCondition(ir, form, condition, factor, places, atoms);
  });
  return form;
}

/** Adds `factor * (1 where the condition holds)`. */
function addCondition(
  ir: Ir,
  form: LinearForm,
  condition: Condition,
  factor: bigint,
  places: ReadonlyMap<number, Place>,
  atoms: Map<string, Atom>,
): void {
  if (condition.kind === 'never') return;
  const column = ir.columns[condition.column];
  if (column?.kind === 'one-hot') {
    const [zero, one] = [0, 1].map((value) => (holds(condition, value) ? factor : 0n));
    form.constant += zero ?? 0n;
    const atom: Atom = { kind: 'equal', feature: column.feature, hash: column.hash };
    addAtom(form, atoms, atom, (one ?? 0n) - (zero ?? 0n));
    return;
  }
  const place = places.get(condition.column);
  if (place === undefined) {
    throw new ModelError(
      'unsupported-model',
      `A CTR projection has a condition on column ${condition.column} of kind ` +
        `${column?.kind ?? 'unknown'}, expected a float, one-hot or text column`,
    );
  }
  // [above < v <= atMost] = [v > above] - [v > atMost], as the second implies the first.
  if (condition.above === -Infinity) form.constant += factor;
  else addAtom(form, atoms, aboveAtom(place, condition.above), factor);
  if (condition.atMost !== Infinity) {
    addAtom(form, atoms, aboveAtom(place, condition.atMost), -factor);
  }
}

function holds(condition: Extract<Condition, { kind: 'range' }>, value: number): boolean {
  return value > condition.above && value <= condition.atMost;
}

function aboveAtom(place: Place, border: number): Atom {
  return { kind: 'above', place, bound: place.bound(border) };
}

function addAtom(form: LinearForm, atoms: Map<string, Atom>, atom: Atom, factor: bigint): void {
  if (factor === 0n) return;
  const key =
    atom.kind === 'equal'
      ? `equal ${atom.feature} ${atom.hash}`
      : `above ${atom.place.block.tensors.join()} ${atom.place.offset} ${atom.bound}`;
  atoms.set(key, atom);
  form.atoms.set(key, (form.atoms.get(key) ?? 0n) + factor);
}

/** Atoms of one source tensor as whole numbers [N, keys]. */
interface AtomPart {
  readonly tensor: string;
  readonly keys: readonly string[];
}

function emitAtoms(
  graph: GraphBuilder,
  categoryInput: string,
  atoms: ReadonlyMap<string, Atom>,
): AtomPart[] {
  const equal: { readonly key: string; readonly feature: number; readonly hash: number }[] = [];
  const above = new Map<Block, AboveAtom[]>();
  for (const [key, atom] of atoms) {
    if (atom.kind === 'equal') {
      equal.push({ key, feature: atom.feature, hash: atom.hash });
      continue;
    }
    const list = above.get(atom.place.block) ?? [];
    above.set(atom.place.block, list);
    list.push({ key, offset: atom.place.offset, bound: atom.bound });
  }
  const parts = [...above].map(([block, list]) => emitAbove(graph, block, list));
  if (equal.length === 0) return parts;
  const columns = equal.map((atom) => atom.feature);
  const hashes = BigInt64Array.from(equal, (atom) => BigInt(atom.hash));
  const values = graph.constant('condition_hashes', hashes, [hashes.length]);
  const picked = pickColumns(graph, categoryInput, columns);
  const tensor = graph.cast(graph.node('Equal', [picked, values]), 'i64');
  return [...parts, { tensor, keys: equal.map((atom) => atom.key) }];
}

interface AboveAtom {
  readonly key: string;
  readonly offset: number;
  readonly bound: number;
}

function emitAbove(graph: GraphBuilder, block: Block, atoms: readonly AboveAtom[]): AtomPart {
  const bounds = atoms.map((atom) => atom.bound);
  const values = block.type === 'f64' ? Float64Array.from(bounds) : Float32Array.from(bounds);
  const constant = graph.constant('condition_bounds', values, [bounds.length]);
  const picked = pickColumns(
    graph,
    graph.concat(block.tensors),
    atoms.map((atom) => atom.offset),
  );
  const tensor = graph.cast(graph.node('Greater', [picked, constant]), 'i64');
  return { tensor, keys: atoms.map((atom) => atom.key) };
}

function pickColumns(graph: GraphBuilder, tensor: string, columns: readonly number[]): string {
  const indices = BigInt64Array.from(columns, BigInt);
  return graph.node(
    'Gather',
    [tensor, graph.constant('condition_columns', indices, [indices.length])],
    {
      attributes: { axis: 1n },
    },
  );
}
