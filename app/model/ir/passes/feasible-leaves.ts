import type { ObliviousTree } from '../ir.js';

/**
 * Leaf indices that some row can reach, ascending within each combination. Splits on one column
 * depend on each other: `value > 5` implies `value > 3`, and equal splits agree; so k splits of a
 * column have at most k + 1 outcomes instead of 2^k. NaN fails all, which is the first outcome.
 */
export function feasibleLeaves(tree: ObliviousTree): Int32Array {
  let leaves: readonly number[] = [0];
  for (const outcomes of columnOutcomes(tree)) {
    leaves = outcomes.flatMap((outcome) => leaves.map((leaf) => leaf | outcome));
  }
  return Int32Array.from(leaves).sort();
}

/** Per column of the tree: the bit patterns that its splits can take together. */
function columnOutcomes(tree: ObliviousTree): number[][] {
  const bits = new Map<number, Map<number, number>>();
  tree.splits.forEach(({ column, border }, level) => {
    const ofColumn = bits.get(column) ?? new Map<number, number>();
    bits.set(column, ofColumn.set(border, (ofColumn.get(border) ?? 0) | (1 << level)));
  });
  return [...bits.values()].map((ofColumn) => {
    const ascending = [...ofColumn].sort(([a], [b]) => a - b);
    let passed = 0;
    return [0, ...ascending.map(([, pattern]) => (passed |= pattern))];
  });
}
