import { ModelError } from '../errors.js';

/** Numbers that lowering may make: half a gigabyte as f64. */
const NUMBERS_MAX = 2 ** 26;

/** Guesses at the words of grams, all dictionaries together: half a second of work. */
const STEPS_MAX = 2 ** 25;

/**
 * Bounds what a model may grow to. A small file can ask for much: every CTR feature has one value
 * per row of a table that it shares with others, every naive Bayes one weight per known token.
 */
export class LoweringBudget {
  #numbers = NUMBERS_MAX;
  #steps = STEPS_MAX;

  /** @throws ModelError `limit-exceeded` where the model would need too many numbers. */
  takeNumbers(count: number, what: string): void {
    this.#numbers -= count;
    if (this.#numbers >= 0) return;
    throw new ModelError(
      'limit-exceeded',
      `the model needs more than ${NUMBERS_MAX} numbers (at: ${what}); ` +
        'train with fewer CTRs, classes or tokens',
    );
  }

  /** @throws ModelError `limit-exceeded` where recovering grams would take too long. */
  takeSteps(count: number, what: string): void {
    this.#steps -= count;
    if (this.#steps >= 0) return;
    throw new ModelError(
      'limit-exceeded',
      `${what} take ${count} steps to recover, at most ${STEPS_MAX} for all dictionaries are ` +
        'accepted; train with a smaller dictionary or gram_order',
    );
  }
}
