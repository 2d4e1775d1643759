import { MULTI_LABEL_LOSSES } from '../ir/ir.js';
import type { ModelSignature } from './signature.js';

/**
 * The class that CatBoost's `predict()` gives a row: a name of `classNames`; of several labels that
 * apply or not (MultiLogloss) those that apply; undefined where the model has no classes. Raw values
 * decide, as there: two rows may differ in them where their probabilities are equal.
 *
 * @param raw all of a run's raw values, rows * dimension.
 * @param row from 0.
 */
export function predictedClass(
  signature: ModelSignature,
  raw: ArrayLike<number>,
  row: number,
): string | readonly string[] | undefined {
  const { classNames, dimension, link, loss = '', threshold = 0.5 } = signature;
  if (classNames.length === 0) return undefined;
  const values = Array.from({ length: dimension }, (_, i) => raw[row * dimension + i] ?? NaN);
  if (link === 'sigmoid') {
    return classNames[(values[0] ?? NaN) > rawThreshold(threshold) ? 1 : 0];
  }
  if (MULTI_LABEL_LOSSES.has(loss)) return classNames.filter((_, i) => (values[i] ?? NaN) > 0);
  return classNames[values.indexOf(Math.max(...values))];
}

/** The raw value whose probability is the threshold. */
function rawThreshold(threshold: number): number {
  return -Math.log(1 / threshold - 1);
}
