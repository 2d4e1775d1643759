import { ModelError } from '../errors.js';
import type { BinaryTree } from '../ir/ir.js';
import type { Place, TreeInput } from './column-block.js';
import { constantTensor } from './graph-builder.js';
import type { GraphBuilder } from './graph-builder.js';

/** A tree, one of its outputs, and the output of the operator that its leaves are added to. */
export interface Addend {
  readonly tree: BinaryTree;
  readonly output: number;
  readonly target: number;
}

/** TreeEnsemble's code of the condition `value > split`. */
const MODE_GREATER = 3;
const AGGREGATE_SUM = 1n;
const NO_TRANSFORM = 0n;

/** The flat arrays of a TreeEnsemble (ai.onnx.ml, version 5). */
class Ensemble {
  readonly features: bigint[] = [];
  readonly splits: number[] = [];
  readonly trueNodes: bigint[] = [];
  readonly trueIsLeaf: bigint[] = [];
  readonly falseNodes: bigint[] = [];
  readonly falseIsLeaf: bigint[] = [];
  readonly roots: bigint[] = [];
  readonly leafTargets: bigint[] = [];
  readonly leafValues: number[] = [];
  readonly #leafIds = new Map<string, number>();

  /** Leaves of equal value and output are stored once. */
  leaf(value: number, target: number): number {
    const key = `${target}:${value}`;
    const known = this.#leafIds.get(key);
    if (known !== undefined) return known;
    const id = this.leafValues.length;
    this.leafValues.push(value);
    this.leafTargets.push(BigInt(target));
    this.#leafIds.set(key, id);
    return id;
  }

  /** A tree of one leaf is a node whose branches both lead to it. */
  constantTree(value: number, target: number): void {
    const leaf = BigInt(this.leaf(value, target));
    this.roots.push(BigInt(this.features.length));
    this.features.push(0n);
    this.splits.push(0);
    this.trueNodes.push(leaf);
    this.trueIsLeaf.push(1n);
    this.falseNodes.push(leaf);
    this.falseIsLeaf.push(1n);
  }
}

/**
 * One operator: the sums of leaves by target [N, targets], in f64, added in the order of `addends`.
 * All nodes have one mode, which keeps the runtime on its fast path.
 */
export function emitEnsemble(
  graph: GraphBuilder,
  {
    addends,
    targets,
    input,
    places,
  }: {
    readonly addends: readonly Addend[];
    readonly targets: number;
    readonly input: TreeInput;
    readonly places: ReadonlyMap<number, Place>;
  },
  output?: string,
): string {
  const ensemble = new Ensemble();
  for (const addend of addends) addTree(ensemble, addend, input, places);
  // The operator wants a tree; a model without any adds nothing.
  if (ensemble.roots.length === 0) ensemble.constantTree(0, 0);
  return graph.node('TreeEnsemble', [input.tensor], {
    attributes: attributesOf(ensemble, targets),
    ...(output === undefined ? {} : { output }),
  });
}

function attributesOf(
  ensemble: Ensemble,
  targets: number,
): Record<string, bigint | bigint[] | ReturnType<typeof constantTensor>> {
  const nodes = ensemble.features.length;
  const modes = new Uint8Array(nodes).fill(MODE_GREATER);
  return {
    aggregate_function: AGGREGATE_SUM,
    post_transform: NO_TRANSFORM,
    n_targets: BigInt(targets),
    tree_roots: ensemble.roots,
    nodes_featureids: ensemble.features,
    nodes_modes: constantTensor(modes, [nodes]),
    nodes_splits: constantTensor(Float64Array.from(ensemble.splits), [nodes]),
    nodes_truenodeids: ensemble.trueNodes,
    nodes_trueleafs: ensemble.trueIsLeaf,
    nodes_falsenodeids: ensemble.falseNodes,
    nodes_falseleafs: ensemble.falseIsLeaf,
    leaf_targetids: ensemble.leafTargets,
    leaf_weights: constantTensor(Float64Array.from(ensemble.leafValues), [
      ensemble.leafValues.length,
    ]),
  };
}

function addTree(
  ensemble: Ensemble,
  { tree, output, target }: Addend,
  input: TreeInput,
  places: ReadonlyMap<number, Place>,
): void {
  const leafValue = (node: number): number => tree.leaves[(tree.whenTrue[node] ?? 0) + output] ?? 0;
  if ((tree.column[0] ?? -1) < 0) {
    ensemble.constantTree(leafValue(0), target);
    return;
  }
  const base = ensemble.features.length;
  const positions = numberInnerNodes(tree, base);
  const branch = (node: number): { readonly id: bigint; readonly isLeaf: bigint } =>
    (tree.column[node] ?? -1) < 0
      ? { id: BigInt(ensemble.leaf(leafValue(node), target)), isLeaf: 1n }
      : { id: BigInt(positions[node] ?? 0), isLeaf: 0n };
  ensemble.roots.push(BigInt(base));
  for (let node = 0; node < tree.column.length; node++) {
    const column = tree.column[node] ?? -1;
    if (column < 0) continue;
    const place = placeOf(places, column);
    ensemble.features.push(BigInt((input.starts.get(place.block) ?? 0) + place.offset));
    ensemble.splits.push(place.bound(tree.border[node] ?? 0));
    const whenTrue = branch(tree.whenTrue[node] ?? 0);
    ensemble.trueNodes.push(whenTrue.id);
    ensemble.trueIsLeaf.push(whenTrue.isLeaf);
    const whenFalse = branch(tree.whenFalse[node] ?? 0);
    ensemble.falseNodes.push(whenFalse.id);
    ensemble.falseIsLeaf.push(whenFalse.isLeaf);
  }
}

/** Positions of a tree's inner nodes, counted from `base` in the tree's own order. */
function numberInnerNodes(tree: BinaryTree, base: number): Int32Array {
  const positions = new Int32Array(tree.column.length);
  let next = base;
  tree.column.forEach((column, node) => {
    if (column >= 0) positions[node] = next++;
  });
  return positions;
}

function placeOf(places: ReadonlyMap<number, Place>, column: number): Place {
  const place = places.get(column);
  if (place === undefined) {
    throw new ModelError(
      'unsupported-model',
      `A tree asks for column ${column}, which has no part`,
    );
  }
  return place;
}
