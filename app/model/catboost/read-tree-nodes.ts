import { ModelError } from '../errors.js';
import type { CbmTreeNodes } from './cbm-model.js';
import type { FlatBufferTable } from './flat-buffer-table.js';

/** CatBoost trains at most 16 levels; imported trees may have more. */
const DEPTH_MAX = 1024;

/** What the section says of its trees elsewhere. */
export interface TreeSizes {
  /** Levels of each symmetric tree, nodes of each other tree. */
  readonly sizes: Int32Array;
  /** First level or node of each tree. */
  readonly starts: Int32Array;
  /** TreeSplits, one per level or node. */
  readonly splits: Int32Array;
  /** LeafValues, all trees together. */
  readonly leafValues: number;
  readonly dimension: number;
}

/**
 * Reads the nodes of non-symmetric trees (grow policies Depthwise and Lossguide, imported models).
 * Each tree is checked to be one: its steps stay inside it, lead to every node but the first exactly
 * once, and end at leaves that exist.
 *
 * @returns the nodes and the levels of each tree; undefined where the trees are symmetric, which have
 *   no nodes in the file.
 * @throws ModelError `damaged-model`; `limit-exceeded` for a tree of too many levels.
 */
export function readTreeNodes(
  table: FlatBufferTable,
  trees: TreeSizes,
): { readonly nodes: CbmTreeNodes; readonly depths: Int32Array } | undefined {
  const leaf = table.u32s(11, 'NonSymmetricNodeIdToLeafId');
  const steps = table.structs(10, 4, 'NonSymmetricStepNodes', (cursor, at) => ({
    whenFalse: cursor.u16At(at, 'NonSymmetricStepNodes'),
    whenTrue: cursor.u16At(at + 2, 'NonSymmetricStepNodes'),
  }));
  if (steps.length === 0 && leaf.length === 0) return undefined;
  const count = trees.splits.length;
  if (steps.length !== count || leaf.length !== count) {
    table.fail(
      `${steps.length} NonSymmetricStepNodes and ${leaf.length} NonSymmetricNodeIdToLeafId ` +
        `for ${count} TreeSplits`,
    );
  }
  const nodes: CbmTreeNodes = {
    sizes: trees.sizes,
    whenFalse: Uint16Array.from(steps, (step) => step.whenFalse),
    whenTrue: Uint16Array.from(steps, (step) => step.whenTrue),
    leaf,
  };
  checkLeaves(table, nodes, trees);
  return { nodes, depths: checkTrees(table, nodes, trees) };
}

/** Returns the levels of each tree. */
function checkTrees(
  table: FlatBufferTable,
  nodes: CbmTreeNodes,
  { sizes, starts, splits }: TreeSizes,
): Int32Array {
  let start = 0;
  const depths = sizes.map((size, tree) => {
    if (starts[tree] !== start) {
      table.fail(`tree ${tree} starts at node ${starts[tree] ?? 0}, expected ${start}`);
    }
    const left = splits.length - start;
    if (size < 1 || size > left) {
      table.fail(`tree ${tree} has ${size} nodes, expected 1 to ${left}`);
    }
    const depth = checkSteps(table, nodes, { tree, start, size });
    start += size;
    return depth;
  });
  if (start !== splits.length) {
    table.fail(`${splits.length} TreeSplits, the trees have ${start} nodes`);
  }
  return depths;
}

/** A node where a row may stay needs a leaf: the place of `dimension` values among LeafValues. */
function checkLeaves(
  table: FlatBufferTable,
  { whenFalse, whenTrue, leaf }: CbmTreeNodes,
  { leafValues, dimension }: TreeSizes,
): void {
  leaf.forEach((first, node) => {
    if (whenFalse[node] !== 0 && whenTrue[node] !== 0) return;
    if (first % dimension === 0 && first + dimension <= leafValues) return;
    table.fail(
      `node ${node} ends at leaf value ${first}, expected a multiple of ${dimension} ` +
        `below ${leafValues}`,
    );
  });
}

/**
 * Checks that the steps of a tree make one and returns its levels: the most splits that a row may be
 * asked. Steps only lead forward, so that no path is endless.
 */
function checkSteps(
  table: FlatBufferTable,
  { whenFalse, whenTrue }: CbmTreeNodes,
  { tree, start, size }: { readonly tree: number; readonly start: number; readonly size: number },
): number {
  /** Splits asked before each node, -1 where no step has led yet. */
  const asked = new Int32Array(size).fill(-1);
  asked[0] = 0;
  let depth = 0;
  for (let node = 0; node < size; node++) {
    const steps = [whenFalse[start + node] ?? 0, whenTrue[start + node] ?? 0];
    if (steps.every((step) => step === 0)) continue;
    const level = (asked[node] ?? 0) + 1;
    depth = Math.max(depth, level);
    for (const step of steps) {
      if (step === 0) continue;
      const next = node + step;
      if (next >= size) table.fail(`node ${node} of tree ${tree} leads to ${next} of ${size}`);
      if (asked[next] !== -1) table.fail(`two steps lead to node ${next} of tree ${tree}`);
      asked[next] = level;
    }
  }
  const lost = asked.indexOf(-1);
  if (lost >= 0) table.fail(`no step leads to node ${lost} of tree ${tree}`);
  if (depth > DEPTH_MAX) {
    throw new ModelError(
      'limit-exceeded',
      `tree ${tree} has ${depth} levels, at most ${DEPTH_MAX} are accepted`,
    );
  }
  return depth;
}
