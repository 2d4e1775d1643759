import type { BinaryTree, Ir } from '../ir/ir.js';
import { growTree } from '../ir/passes/grow-trees.js';
import type { Place, TreeInput } from './column-block.js';
import type { GraphBuilder } from './graph-builder.js';
import { emitEnsemble } from './tree-ensemble.js';
import type { Addend } from './tree-ensemble.js';

/**
 * Trees that one operator may hold, outputs counted apart. While it loads, onnxruntime walks all
 * nodes of an operator once more per tree: 60,000 trees in one take half a minute, in pieces of this
 * size two seconds.
 */
const TREES_MAX = 4096;

/**
 * All trees, in f64. Returns the sums of leaves [N, dimension]; each output's leaves are added in
 * tree order, from 0, as CatBoost adds them. Up to {@link TREES_MAX} trees are one operator.
 */
export function emitTrees(
  ir: Ir,
  graph: GraphBuilder,
  input: TreeInput,
  places: ReadonlyMap<number, Place>,
  output?: string,
): string {
  const trees = ir.trees.map((tree) =>
    tree.kind === 'binary' ? tree : growTree(tree, ir.dimension),
  );
  const emitter = new TreeEmitter(graph, input, places);
  const outputs = Array.from({ length: ir.dimension }, (_, index) => index);
  if (trees.length > TREES_MAX) {
    return graph.concat(
      outputs.map((index) => emitter.longSum(trees, index)),
      output,
    );
  }
  const perOperator = Math.floor(TREES_MAX / Math.max(trees.length, 1));
  const groups = chunks(outputs, perOperator);
  if (groups.length === 1) return emitter.sums(trees, outputs, output);
  return graph.concat(
    groups.map((group) => emitter.sums(trees, group)),
    output,
  );
}

class TreeEmitter {
  constructor(
    private readonly graph: GraphBuilder,
    private readonly input: TreeInput,
    private readonly places: ReadonlyMap<number, Place>,
  ) {}

  /** The sums of some outputs, [N, outputs]. */
  sums(trees: readonly BinaryTree[], outputs: readonly number[], name?: string): string {
    const addends = trees.flatMap((tree) =>
      outputs.map((output, target): Addend => ({ tree, output, target })),
    );
    return this.#operator(addends, outputs.length, name);
  }

  /**
   * The sum of one output over more trees than an operator may hold, [N, 1]. Sums of pieces would
   * not add up to the same digits: from the second piece on, the operator gives each tree's leaf, and
   * these are added one by one to what there is.
   */
  longSum(trees: readonly BinaryTree[], output: number): string {
    const [first = [], ...others] = chunks(trees, TREES_MAX);
    const axis = this.graph.constant('axis', BigInt64Array.of(1n), [1]);
    const last = this.graph.constant('last', BigInt64Array.of(-1n), [1]);
    const end = this.graph.constant('end', BigInt64Array.of(2n ** 63n - 1n), [1]);
    return others.reduce(
      (sum, piece) => {
        const addends = piece.map((tree, target): Addend => ({ tree, output, target }));
        const leaves = this.#operator(addends, piece.length);
        const running = this.graph.node('CumSum', [this.graph.concat([sum, leaves]), axis]);
        return this.graph.node('Slice', [running, last, end, axis]);
      },
      this.sums(first, [output]),
    );
  }

  #operator(addends: readonly Addend[], targets: number, name?: string): string {
    return emitEnsemble(
      this.graph,
      { addends, targets, input: this.input, places: this.places },
      name,
    );
  }
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, i) => list.slice(i * size, (i + 1) * size));
}
