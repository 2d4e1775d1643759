import { ModelError } from '../../errors.js';
import type { BinaryTree, Ir, ObliviousTree, Split } from '../ir.js';
import { feasibleLeaves } from './feasible-leaves.js';

/**
 * Nodes of all trees of a model after growing, leaves included, once per output: some hundreds of
 * megabytes while compiling. 2,000 trees of depth 10 without a fold have as many.
 */
const NODES_MAX = 4_000_000;

/**
 * Looks at a leaf that the choice of splits may cost per model, about a second; trees beyond it keep
 * the order of their levels. A count, not a time, so that the result is always the same.
 */
const EFFORT_MAX = 500_000_000;

/** What may still be spent on a model. */
interface Budget {
  effort: number;
  nodes: number;
}

/**
 * Turns symmetric trees into trees of single nodes, which is what ONNX knows, and which lets equal
 * subtrees be folded and splits that an earlier one implies be left out. A symmetric tree gives the
 * same leaf whatever order its levels are asked in, so each node asks what parts the tree's most
 * frequent leaf (0 where no training row came) best from the others: regions of one value end early.
 */
export function growTrees(ir: Ir): Ir {
  const budget: Budget = { effort: EFFORT_MAX, nodes: NODES_MAX };
  const trees = ir.trees.map((tree) => {
    if (tree.kind === 'oblivious') return growTree(tree, ir.dimension, budget);
    takeNodes(budget, tree.column.length, ir.dimension);
    return tree;
  });
  return { ...ir, trees };
}

/** Throws ModelError `limit-exceeded` where there are none left. */
function takeNodes(budget: Budget, nodes: number, dimension: number): void {
  budget.nodes -= nodes * dimension;
  if (budget.nodes >= 0) return;
  const classes = dimension === 1 ? '' : `, counted for each of ${dimension} classes or outputs`;
  throw new ModelError(
    'limit-exceeded',
    `The trees have more than ${NODES_MAX} nodes${classes}; ` +
      `train with fewer or less deep trees${dimension === 1 ? '' : ' or fewer classes'}`,
  );
}

/** Grows one tree. Throws ModelError `limit-exceeded` where the budget has no room for its nodes. */
export function growTree(
  tree: ObliviousTree,
  dimension: number,
  budget: Budget = { effort: EFFORT_MAX, nodes: NODES_MAX },
): BinaryTree {
  const leaves = feasibleLeaves(tree);
  const grower = new TreeGrower(tree, dimension, leaves, budget);
  return grower.toTree(grower.grow(0, leaves.length));
}

/** A node while growing: equal nodes are one object, so that equal subtrees are `===`. */
interface Node {
  readonly id: number;
  /** Level asked, -1 for a leaf. */
  readonly level: number;
  /** A leaf's index in the source. */
  readonly leaf: number;
  readonly branches: readonly [whenTrue: Node, whenFalse: Node] | undefined;
  /** Nodes of the subtree. */
  readonly size: number;
}

class TreeGrower {
  readonly #nodes = new Map<string, Node>();
  /** Leaves with equal values have the same class. */
  readonly #classes: Int32Array;
  /** The class that most leaves have; -1 where no two leaves are equal and no order is better. */
  readonly #majority: number;
  readonly #buffer: Int32Array;

  constructor(
    private readonly tree: ObliviousTree,
    private readonly dimension: number,
    /** Parted in place, as in quicksort, while growing. */
    private readonly leaves: Int32Array,
    private readonly budget: Budget,
  ) {
    this.#classes = leafClasses(tree, dimension);
    this.#majority = majorityOf(this.#classes, leaves);
    this.#buffer = new Int32Array(leaves.length);
  }

  /** The node that tells the leaves from `low` to before `high` apart. */
  grow(low: number, high: number): Node {
    const first = this.leaves[low] ?? 0;
    if (this.#isOneClass(low, high)) return this.#leafNode(first);
    const level = this.#chooseLevel(low, high);
    const middle = this.#part(low, high, level);
    const whenFalse = this.grow(low, middle);
    const whenTrue = this.grow(middle, high);
    return whenTrue === whenFalse ? whenTrue : this.#innerNode(level, whenTrue, whenFalse);
  }

  /** Writes the nodes in pre-order, the false branch right behind its parent. */
  toTree(root: Node): BinaryTree {
    takeNodes(this.budget, root.size, this.dimension);
    const writer = new TreeWriter(root.size, this.tree, this.dimension);
    writer.write(root);
    return writer.finish();
  }

  #isOneClass(low: number, high: number): boolean {
    const first = this.#classes[this.leaves[low] ?? 0];
    for (let i = low + 1; i < high; i++) {
      if (this.#classes[this.leaves[i] ?? 0] !== first) return false;
    }
    return true;
  }

  /**
   * The level whose two sides have the least entropy as to whether a leaf is of the majority: the
   * bits it takes to say which leaves are, which is about the number of nodes still to come.
   */
  #chooseLevel(low: number, high: number): number {
    const depth = this.tree.splits.length;
    const count = high - low;
    this.budget.effort -= count * depth;
    const isPlain = this.#majority < 0 || this.budget.effort < 0;
    let best = -1;
    let bestCost = Infinity;
    for (let level = 0; level < depth; level++) {
      let passing = 0;
      let othersPassing = 0;
      let others = 0;
      for (let i = low; i < high; i++) {
        const leaf = this.leaves[i] ?? 0;
        const isOther = this.#classes[leaf] === this.#majority ? 0 : 1;
        const passes = (leaf >> level) & 1;
        passing += passes;
        others += isOther;
        othersPassing += passes & isOther;
      }
      if (passing === 0 || passing === count) continue;
      if (isPlain) return level;
      const cost =
        entropy(passing, othersPassing) + entropy(count - passing, others - othersPassing);
      // Rounding must not decide between equal levels.
      if (cost < bestCost - 1e-9) {
        best = level;
        bestCost = cost;
      }
    }
    return best;
  }

  /** Puts leaves that fail the split before those that pass; returns where the latter start. */
  #part(low: number, high: number, level: number): number {
    let failing = low;
    let passing = 0;
    for (let i = low; i < high; i++) {
      const leaf = this.leaves[i] ?? 0;
      if ((leaf >> level) & 1) this.#buffer[passing++] = leaf;
      else this.leaves[failing++] = leaf;
    }
    this.leaves.set(this.#buffer.subarray(0, passing), failing);
    return failing;
  }

  #leafNode(leaf: number): Node {
    const key = String(this.#classes[leaf]);
    const known = this.#nodes.get(key);
    if (known) return known;
    const node: Node = { id: this.#nodes.size, level: -1, leaf, branches: undefined, size: 1 };
    this.#nodes.set(key, node);
    return node;
  }

  #innerNode(level: number, whenTrue: Node, whenFalse: Node): Node {
    const key = `${level},${whenTrue.id},${whenFalse.id}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const node: Node = {
      id: this.#nodes.size,
      level,
      leaf: -1,
      branches: [whenTrue, whenFalse],
      size: 1 + whenTrue.size + whenFalse.size,
    };
    this.#nodes.set(key, node);
    return node;
  }
}

class TreeWriter {
  readonly #column: Int32Array;
  readonly #border: Float64Array;
  readonly #whenTrue: Int32Array;
  readonly #whenFalse: Int32Array;
  readonly #leaves: number[] = [];
  readonly #leafStarts = new Map<number, number>();
  #next = 0;

  constructor(
    size: number,
    private readonly tree: ObliviousTree,
    private readonly dimension: number,
  ) {
    this.#column = new Int32Array(size).fill(-1);
    this.#border = new Float64Array(size);
    this.#whenTrue = new Int32Array(size);
    this.#whenFalse = new Int32Array(size);
  }

  write(node: Node): number {
    const at = this.#next++;
    if (node.branches === undefined) {
      this.#whenTrue[at] = this.#leafStart(node.leaf);
      return at;
    }
    const split: Split | undefined = this.tree.splits[node.level];
    const [whenTrue, whenFalse] = node.branches;
    this.#column[at] = split?.column ?? -1;
    this.#border[at] = split?.border ?? 0;
    this.#whenFalse[at] = this.write(whenFalse);
    this.#whenTrue[at] = this.write(whenTrue);
    return at;
  }

  finish(): BinaryTree {
    return {
      kind: 'binary',
      column: this.#column,
      border: this.#border,
      whenTrue: this.#whenTrue,
      whenFalse: this.#whenFalse,
      leaves: Float64Array.from(this.#leaves),
    };
  }

  #leafStart(leaf: number): number {
    const known = this.#leafStarts.get(leaf);
    if (known !== undefined) return known;
    const start = this.#leaves.length;
    const from = leaf * this.dimension;
    this.#leaves.push(...this.tree.leaves.subarray(from, from + this.dimension));
    this.#leafStarts.set(leaf, start);
    return start;
  }
}

/** A number per leaf, equal where all values are; -0 adds what 0 adds. */
function leafClasses(tree: ObliviousTree, dimension: number): Int32Array {
  const classes = new Int32Array(tree.leaves.length / dimension);
  const known = new Map<string | number, number>();
  for (let leaf = 0; leaf < classes.length; leaf++) {
    const from = leaf * dimension;
    const key =
      dimension === 1
        ? (tree.leaves[from] ?? 0)
        : tree.leaves.subarray(from, from + dimension).join();
    const id = known.get(key) ?? known.size;
    known.set(key, id);
    classes[leaf] = id;
  }
  return classes;
}

function majorityOf(classes: Int32Array, leaves: Int32Array): number {
  const counts = new Map<number, number>();
  for (const leaf of leaves) {
    const id = classes[leaf] ?? 0;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  let majority = -1;
  let most = 1;
  for (const [id, count] of counts) {
    if (count > most) {
      majority = id;
      most = count;
    }
  }
  return majority;
}

/** Bits that it takes to say which `part` of `count` things are meant. */
function entropy(count: number, part: number): number {
  if (part === 0 || part === count) return 0;
  const share = part / count;
  return -count * (share * Math.log2(share) + (1 - share) * Math.log2(1 - share));
}
