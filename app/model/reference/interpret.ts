import { ModelError } from '../errors.js';
import type {
  BinaryTree,
  Column,
  Condition,
  Feature,
  FeatureRow,
  FloatColumn,
  Ir,
  Link,
  ObliviousTree,
  Score,
} from '../ir/ir.js';
import { toFeatureValue } from '../ir/feature-value.js';
import { expectedValues, ownValues } from '../ir/own-values.js';
import { categoryHash, CtrLookup } from './ctr-lookup.js';
import { TextLookup } from './text-lookup.js';

/**
 * Evaluates a model on one row, the plain and slow way that its definition reads. It is the oracle
 * that the emitted graph is compared with and serves no traffic.
 *
 * @param row one value per feature, in the order of `ir.features`.
 * @throws ModelError `invalid-input` naming the feature whose value is not of its kind.
 */
export function interpret(ir: Ir, row: FeatureRow): Score {
  return createInterpreter(ir)(row);
}

/** As {@link interpret}, for many rows: what depends on the model alone is prepared once. */
export function createInterpreter(ir: Ir): (row: FeatureRow) => Score {
  const ctrs = ir.ctrTables.map((table) => new CtrLookup(table));
  const texts = new TextLookup(ir);
  return (row) => {
    const inputs = checkRow(ir.features, row);
    const values = evaluateColumns(ir, { inputs, ctrs, texts });
    const raw = evaluateTrees(ir, values);
    return { raw, probabilities: applyLink(ir.link, raw) };
  };
}

interface Inputs {
  readonly floats: readonly number[];
  readonly categories: readonly string[];
  readonly texts: readonly string[];
}

function checkRow(features: readonly Feature[], row: FeatureRow): Inputs {
  const values = ownValues(features, row);
  if (values === undefined) {
    throw new ModelError(
      'invalid-input',
      `a row of ${row.length} values, expected ${expectedValues(features)}, one per feature`,
    );
  }
  const inputs = { floats: [] as number[], categories: [] as string[], texts: [] as string[] };
  features.forEach((feature, i) => {
    const value = toFeatureValue(feature, values[i]);
    if (typeof value === 'number') inputs.floats[feature.index] = value;
    else (feature.kind === 'text' ? inputs.texts : inputs.categories)[feature.index] = value;
  });
  return inputs;
}

interface Evaluation {
  readonly inputs: Inputs;
  readonly ctrs: readonly CtrLookup[];
  readonly texts: TextLookup;
}

/** CTRs come second, because their conditions look at other columns. */
function evaluateColumns(ir: Ir, { inputs, ctrs, texts }: Evaluation): number[] {
  const hashes = inputs.categories.map((category) => categoryHash(category));
  const text = texts.evaluate(inputs.texts);
  const plain = (column: Column): number => {
    switch (column.kind) {
      case 'float':
        return floatValue(column, inputs.floats);
      case 'one-hot':
        return hashes[column.feature] === column.hash ? 1 : 0;
      case 'token':
        return text.counts[column.dictionary]?.get(column.gram) ?? 0;
      case 'naive-bayes':
        return text.probabilities[column.calcer]?.[column.output] ?? NaN;
      case 'ctr':
        return NaN;
    }
  };
  const values = ir.columns.map(plain);
  const holds = (condition: Condition): boolean => {
    if (condition.kind === 'never') return false;
    const value = values[condition.column] ?? NaN;
    const isAbove = condition.above === -Infinity || value > condition.above;
    return isAbove && (condition.atMost === Infinity || value <= condition.atMost);
  };
  return ir.columns.map((column, i) => {
    if (column.kind !== 'ctr') return values[i] ?? NaN;
    const row = ctrs[column.table]?.row(hashes, holds);
    return row === undefined ? column.unseen : (column.values[row] ?? NaN);
  });
}

function floatValue({ feature, missing }: FloatColumn, floats: readonly number[]): number {
  const value = Math.fround(floats[feature] ?? NaN);
  if (!Number.isNaN(value)) return value;
  return missing === 'above' ? Infinity : -Infinity;
}

function evaluateTrees(ir: Ir, values: readonly number[]): number[] {
  const sums = new Array<number>(ir.dimension).fill(0);
  for (const tree of ir.trees) {
    const first =
      tree.kind === 'oblivious'
        ? obliviousLeaf(tree, values) * ir.dimension
        : binaryLeaf(tree, values);
    for (let c = 0; c < ir.dimension; c++) {
      sums[c] = (sums[c] ?? NaN) + (tree.leaves[first + c] ?? NaN);
    }
  }
  return sums.map((sum, c) => ir.scale * sum + (ir.bias[c] ?? NaN));
}

function obliviousLeaf(tree: ObliviousTree, values: readonly number[]): number {
  return tree.splits.reduce(
    (leaf, { column, border }, bit) => leaf + ((values[column] ?? NaN) > border ? 2 ** bit : 0),
    0,
  );
}

/** Returns the index of the reached leaf's first value; children stand behind their parents. */
function binaryLeaf(tree: BinaryTree, values: readonly number[]): number {
  let node = 0;
  for (;;) {
    const column = tree.column[node] ?? -1;
    if (column < 0) return tree.whenTrue[node] ?? -1;
    const isAbove = (values[column] ?? NaN) > (tree.border[node] ?? NaN);
    const next = (isAbove ? tree.whenTrue[node] : tree.whenFalse[node]) ?? -1;
    if (next <= node) {
      throw new ModelError('incompatible-model', `node ${node} of a tree leads back to ${next}`);
    }
    node = next;
  }
}

function applyLink(link: Link, raw: readonly number[]): number[] {
  switch (link) {
    case 'identity':
      return [...raw];
    case 'sigmoid': {
      const positive = sigmoid(raw[0] ?? NaN);
      return [1 - positive, positive];
    }
    case 'one-vs-all':
      return raw.map(sigmoid);
    case 'softmax':
      return softmax(raw);
    case 'exponent':
      return raw.map(Math.exp);
    case 'mean-and-variance':
      return [raw[0] ?? NaN, Math.exp(2 * (raw[1] ?? NaN))];
  }
}

function sigmoid(raw: number): number {
  return 1 / (1 + Math.exp(-raw));
}

function softmax(raw: readonly number[]): number[] {
  const highest = raw.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = raw.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
