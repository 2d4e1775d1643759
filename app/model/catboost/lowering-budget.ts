import { ModelError } from '../errors.js';

/** Numbers that lowering may make: half a gigabyte as f64. */
const NUMBERS_MAX = 2 ** 26;

/**
 * Bounds what a model may grow to. A small file can ask for much: every CTR feature has one value
 * per row of a table that it shares with others, every naive Bayes one weight per known token.
 */
export class LoweringBudget {
  #left = NUMBERS_MAX;

  /** @throws ModelError `limit-exceeded` where the model would need too many numbers. */
  take(count: number, what: string): void {
    this.#left -= count;
    if (this.#left >= 0) return;
    throw new ModelError(
      'limit-exceeded',
      `the model needs more than ${NUMBERS_MAX} numbers (at: ${what}); ` +
        'train with fewer CTRs or smaller dictionaries',
    );
  }
}
