import type { BinaryTree, ObliviousTree, Split, Tree } from '../ir/ir.js';
import type { CbmTreeNodes, CbmTrees } from './cbm-model.js';
import { present } from './present.js';

/**
 * The file's trees in the IR.
 *
 * @param splits the conditions behind the file's split numbers.
 */
export function lowerTrees(trees: CbmTrees, splits: readonly Split[]): Tree[] {
  return trees.nodes === undefined
    ? lowerSymmetric(trees, splits)
    : lowerNodes(trees, trees.nodes, splits);
}

function lowerSymmetric(trees: CbmTrees, splits: readonly Split[]): ObliviousTree[] {
  let firstSplit = 0;
  let firstLeaf = 0;
  return Array.from(trees.depths, (depth) => {
    const leafEnd = firstLeaf + trees.dimension * 2 ** depth;
    const numbers = trees.splits.subarray(firstSplit, firstSplit + depth);
    const tree: ObliviousTree = {
      kind: 'oblivious',
      splits: Array.from(numbers, (number) => present(splits[number])),
      leaves: trees.leaves.subarray(firstLeaf, leafEnd),
    };
    firstSplit += depth;
    firstLeaf = leafEnd;
    return tree;
  });
}

function lowerNodes(trees: CbmTrees, nodes: CbmTreeNodes, splits: readonly Split[]): BinaryTree[] {
  let root = 0;
  return Array.from(nodes.sizes, (size) => {
    const tree = lowerTree(trees, nodes, { root, splits });
    root += size;
    return tree;
  });
}

/** Where a branch of a node leads: to a node of the file, or to its own leaf where a row stays. */
interface Branch {
  readonly node: number;
  readonly stays: boolean;
  /** Writes the branch's position in the new tree into its parent. */
  readonly place: (position: number) => void;
}

/** One tree in pre-order; leaves, which the file keeps at the node where a row stays, get nodes. */
function lowerTree(
  trees: CbmTrees,
  nodes: CbmTreeNodes,
  { root, splits }: { readonly root: number; readonly splits: readonly Split[] },
): BinaryTree {
  const column: number[] = [];
  const border: number[] = [];
  const whenTrue: number[] = [];
  const whenFalse: number[] = [];
  const leaves: number[] = [];
  // A stack of its own, since imported trees may be deep.
  const open: Branch[] = [{ node: root, stays: false, place: () => undefined }];
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    const { node, stays, place } = branch;
    const position = column.length;
    place(position);
    const number = trees.splits[node] ?? -1;
    if (stays || number < 0) {
      column.push(-1);
      border.push(0);
      whenTrue.push(leaves.length);
      whenFalse.push(0);
      const first = nodes.leaf[node] ?? 0;
      for (let c = 0; c < trees.dimension; c++) leaves.push(trees.leaves[first + c] ?? NaN);
      continue;
    }
    const split = present(splits[number]);
    column.push(split.column);
    border.push(split.border);
    whenTrue.push(0);
    whenFalse.push(0);
    const leads = (steps: Uint16Array, list: number[]): Branch => {
      const step = steps[node] ?? 0;
      const place = (child: number): void => void (list[position] = child);
      return { node: node + step, stays: step === 0, place };
    };
    // The false branch comes off the stack first and stands right behind its parent.
    open.push(leads(nodes.whenTrue, whenTrue), leads(nodes.whenFalse, whenFalse));
  }
  return {
    kind: 'binary',
    column: Int32Array.from(column),
    border: Float64Array.from(border),
    whenTrue: Int32Array.from(whenTrue),
    whenFalse: Int32Array.from(whenFalse),
    leaves: Float64Array.from(leaves),
  };
}
