import { describe, expect, it } from 'vitest';
import type { BinaryTree, ObliviousTree } from '../ir.js';
import { Random, randomIr, randomRow } from '../testing/random-ir.js';
import { createInterpreter } from '../../reference/interpret.js';
import { feasibleLeaves } from './feasible-leaves.js';
import { growTree, growTrees } from './grow-trees.js';

function oblivious(splits: readonly [column: number, border: number][], leaves: number[]) {
  return {
    kind: 'oblivious',
    splits: splits.map(([column, border]) => ({ column, border })),
    leaves: Float64Array.from(leaves),
  } satisfies ObliviousTree;
}

function leafOf(tree: BinaryTree, values: readonly number[], node = 0): number {
  const column = tree.column[node]!;
  if (column < 0) return tree.leaves[tree.whenTrue[node] ?? -1] ?? NaN;
  const next = values[column]! > tree.border[node]! ? tree.whenTrue : tree.whenFalse;
  return leafOf(tree, values, next[node] ?? -1);
}

describe('feasible leaves', () => {
  it('are all leaves where every column is asked once', () => {
    const tree = oblivious([[0, 1], [1, 1]], [1, 2, 3, 4]); // prettier-ignore
    expect([...feasibleLeaves(tree)]).toEqual([0, 1, 2, 3]);
  });

  it('leave out what contradicts itself: above 5 but not above 3', () => {
    const tree = oblivious([[0, 5], [0, 3]], [1, 2, 3, 4]); // prettier-ignore
    expect([...feasibleLeaves(tree)]).toEqual([0, 2, 3]);
  });

  it('treat equal splits as one', () => {
    const tree = oblivious([[0, 5], [0, 5]], [1, 2, 3, 4]); // prettier-ignore
    expect([...feasibleLeaves(tree)]).toEqual([0, 3]);
  });
});

describe('a grown tree', () => {
  it('is one leaf where all leaves are equal, 0 and -0 included', () => {
    const tree = growTree(oblivious([[0, 1], [1, 1]], [0, -0, 0, -0]), 1); // prettier-ignore
    expect([...tree.column]).toEqual([-1]);
  });

  it('does not ask what no leaf depends on', () => {
    const tree = growTree(oblivious([[0, 1], [1, 1]], [7, 7, 8, 8]), 1); // prettier-ignore
    expect([...tree.column]).toEqual([1, -1, -1]);
  });

  it('does not ask what an earlier split of the same column implies', () => {
    const tree = growTree(oblivious([[0, 5], [0, 3]], [1, 99, 2, 3]), 1); // prettier-ignore
    expect(tree.column.filter((column) => column >= 0)).toHaveLength(2);
    expect([NaN, 2, 4, 6].map((value) => leafOf(tree, [value]))).toEqual([1, 1, 2, 3]);
  });

  it('asks first what sets the zeros apart', () => {
    // Only where column 2 passes is anything but 0.
    const splits: [number, number][] = [[0, 1], [1, 1], [2, 1]]; // prettier-ignore
    const tree = growTree(oblivious(splits, [0, 0, 0, 0, 1, 2, 3, 4]), 1);
    expect(tree.column[0]).toBe(2);
    expect(tree.column.filter((column) => column >= 0)).toHaveLength(4);
  });

  it('keeps several values per leaf together', () => {
    const tree = growTree(oblivious([[0, 1]], [1, 2, 1, 3]), 2);
    expect([...tree.leaves]).toEqual([1, 2, 1, 3]);
    expect([tree.whenTrue[1], tree.whenTrue[2]]).toEqual([0, 2]);
  });

  it('stands in pre-order: both branches come after their parent, the false one at once', () => {
    const random = new Random(5);
    const leaves = Array.from({ length: 64 }, () => (random.chance(0.7) ? 0 : random.next()));
    const tree = growTree(
      oblivious(
        [0, 1, 2, 3, 4, 5].map((column) => [column, 1]),
        leaves,
      ),
      1,
    );
    tree.column.forEach((column, node) => {
      if (column < 0) return;
      expect(tree.whenFalse[node]).toBe(node + 1);
      expect(tree.whenTrue[node]).toBeGreaterThan(node + 1);
    });
  });

  it('answers as before without any effort left to choose an order, and at depth 16', () => {
    const random = new Random(6);
    const splits = Array.from({ length: 16 }, (_, level): [number, number] => [level % 9, level]);
    const leaves = Array.from({ length: 2 ** 16 }, () => (random.chance(0.9) ? 0 : random.next()));
    const tree = oblivious(splits, leaves);
    const plain = growTree(tree, 1, { effort: 0, nodes: 1e6 });
    const chosen = growTree(tree, 1);
    expect(chosen.column.length).toBeLessThanOrEqual(plain.column.length);
    for (let row = 0; row < 500; row++) {
      const values = Array.from({ length: 9 }, () => random.below(18));
      const leaf = splits.reduce(
        (index, [column, border], level) => index | (values[column]! > border ? 1 << level : 0),
        0,
      );
      expect(leafOf(plain, values)).toBe(leaves[leaf]);
      expect(leafOf(chosen, values)).toBe(leaves[leaf]);
    }
  });

  it('is refused where the model would have too many nodes', () => {
    const tree = oblivious([[0, 1]], [1, 2]);
    expect(() => growTree(tree, 1, { effort: 10, nodes: 2 })).toThrow(/more than .* nodes/);
  });
});

describe('growing all trees', () => {
  it('is refused where they have too many nodes, counted per class, whatever their kind', () => {
    const grown = growTree(oblivious([[0, 1], [1, 1], [2, 1]], [1, 2, 3, 4, 5, 6, 7, 8]), 1); // prettier-ignore
    const trees = new Array<BinaryTree>(500).fill({ ...grown, leaves: new Float64Array(8 * 600) });
    const ir = { ...randomIr(1), trees, dimension: 600 };
    expect(() => growTrees(ir)).toThrow(/4000000 nodes.*each of 600 classes.*fewer classes/);
  });

  it('changes no answer of random models, to the bit', () => {
    for (let seed = 0; seed < 300; seed++) {
      const ir = randomIr(seed);
      const grown = growTrees(ir);
      expect(grown.trees.every((tree) => tree.kind === 'binary')).toBe(true);
      const before = createInterpreter(ir);
      const after = createInterpreter(grown);
      const random = new Random(seed);
      for (let i = 0; i < 10; i++) {
        const row = randomRow(random, ir);
        expect(after(row)).toEqual(before(row));
      }
    }
  });
});
