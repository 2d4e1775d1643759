import type { Tree } from '../ir/ir.js';
import type { Outcome } from './loss-link.js';
import { LoweringBudget } from './lowering-budget.js';

type Columns = Pick<Outcome, 'columns' | 'width'>;

interface Outputs {
  readonly trees: readonly Tree[];
  readonly bias: readonly number[];
}

/**
 * Gives each class its column. A class that training never saw gets leaves of 0 and a bias of
 * -Infinity, which is the raw value that CatBoost answers for it.
 *
 * @throws ModelError `limit-exceeded` where the leaves would grow too many.
 */
export function spreadOutputs({ trees, bias }: Outputs, { columns, width }: Columns): Outputs {
  if (columns.length === width && columns.every((column, output) => column === output)) {
    return { trees, bias };
  }
  const spread = spreader(columns, width);
  const budget = new LoweringBudget();
  return {
    trees: trees.map((tree): Tree => {
      budget.takeNumbers((tree.leaves.length / columns.length) * width, 'leaves of all classes');
      const leaves = Float64Array.from(spread(tree.leaves, 0));
      if (tree.kind === 'oblivious') return { ...tree, leaves };
      const whenTrue = tree.whenTrue.map((to, node) =>
        (tree.column[node] ?? -1) < 0 ? (to / columns.length) * width : to,
      );
      return { ...tree, whenTrue, leaves };
    }),
    bias: spread(bias, -Infinity),
  };
}

/** Moves the values of each row of outputs to their columns. */
function spreader(columns: readonly number[], width: number) {
  return (values: ArrayLike<number>, absent: number): number[] => {
    const result = new Array<number>((values.length / columns.length) * width).fill(absent);
    for (let i = 0; i < values.length; i++) {
      const output = i % columns.length;
      const row = (i - output) / columns.length;
      result[row * width + (columns[output] ?? 0)] = values[i] ?? NaN;
    }
    return result;
  };
}
