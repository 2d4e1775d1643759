import type { Ir, Tree } from '../ir.js';

/** Drops trees all of whose leaves are 0: adding 0 changes no sum. */
export function dropZeroTrees(ir: Ir): Ir {
  const trees = ir.trees.filter((tree: Tree) => tree.leaves.some((value) => value !== 0));
  return { ...ir, trees };
}
