import { ModelError } from '../errors.js';

/**
 * The number itself. CatBoost writes NaN and infinities where training diverged; then the file is in
 * order, but answers are no numbers.
 *
 * @param what names it in the error.
 * @throws ModelError `unsupported-model` where it is not finite.
 */
export function finiteNumber(value: number, what: string): number {
  if (Number.isFinite(value)) return value;
  throw new ModelError(
    'unsupported-model',
    `unsupported model: ${what} is ${value}, so answers would be no numbers: its training diverged; ` +
      'train again with finite targets, a smaller learning_rate or another loss function',
  );
}
