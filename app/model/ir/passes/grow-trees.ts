import type { BinaryTree, Ir, ObliviousTree } from '../ir.js';

export function growTree(tree: ObliviousTree, dimension: number): BinaryTree {
  const column: number[] = [];
  const border: number[] = [];
  const whenTrue: number[] = [];
  const whenFalse: number[] = [];
  const grow = (level: number, leaf: number): number => {
    const node = column.length;
    const split = tree.splits[level];
    column.push(split?.column ?? -1);
    border.push(split?.border ?? 0);
    whenTrue.push(leaf * dimension);
    whenFalse.push(0);
    if (split !== undefined) {
      whenFalse[node] = grow(level + 1, leaf);
      whenTrue[node] = grow(level + 1, leaf | (1 << level));
    }
    return node;
  };
  grow(0, 0);
  return {
    kind: 'binary',
    column: Int32Array.from(column),
    border: Float64Array.from(border),
    whenTrue: Int32Array.from(whenTrue),
    whenFalse: Int32Array.from(whenFalse),
    leaves: tree.leaves,
  };
}

export function growTrees(ir: Ir): Ir {
  const trees = ir.trees.map((tree) =>
    tree.kind === 'oblivious' ? growTree(tree, ir.dimension) : tree,
  );
  return { ...ir, trees };
}
