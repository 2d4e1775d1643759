import { spellingWarnings } from './plate-spelling.js';
import type { WarningSet } from '../serving/ports.js';
import { EMPTY_LIST } from './parse-number.js';
import { warningBit } from './reading-warnings.js';
import type { Reading } from './reading.js';

/** What is odd about the numbers of a reading that is answered all the same. */
export function numberWarnings(reading: Reading): WarningSet {
  const { recognitionAccuracy, direction } = reading;
  let warnings = 0;
  if (!(recognitionAccuracy >= 0 && recognitionAccuracy <= ACCURACY_MAX)) {
    warnings |= ACCURACY_RANGE;
  }
  if (direction !== 0 && direction !== 1) warnings |= DIRECTION_CODE;
  if (!hasScorePerSymbol(reading)) warnings |= SYMBOL_SCORE_COUNT;
  return warnings;
}

/** What is odd about how the plates of a reading are spelt. */
export function plateWarnings({ regnoRecognize, aftsRegnoAi }: Reading): WarningSet {
  return spellingWarnings(regnoRecognize) | spellingWarnings(aftsRegnoAi);
}

/** Which scores of the network are no probabilities; the default rules refuse them. */
export function rangeWarnings(reading: Reading): WarningSet {
  const { aftsRegnoAiScore, charScores, lengthScores } = reading;
  return (
    (isProbability(aftsRegnoAiScore) ? 0 : warningBit('score_range')) |
    (areProbabilities(charScores) ? 0 : warningBit('symbol_score_range')) |
    (areProbabilities(lengthScores) ? 0 : warningBit('length_score_range'))
  );
}

/**
 * Whether a score can be one of the network's. No allowance for rounding: shares, means and products
 * of numbers up to 1 stay up to 1 in floating point, as rounding keeps the order of numbers.
 */
export function isProbability(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** The same of every number of a list; a loop, as `every` costs three times that. */
export function areProbabilities(values: readonly number[]): boolean {
  for (const value of values) if (!isProbability(value)) return false;
  return true;
}

/**
 * Whether a list as text was written with decimal commas: `[0,9, 0,8]`, which also reads as a list of
 * four. It is certain where commas without a blank take turns with commas before one; nearly all other
 * such lists hold an entry above 1.
 */
export function hasDecimalCommas(list: unknown): boolean {
  return typeof list === 'string' && DECIMAL_COMMAS.test(list);
}

const COMMA_NUMBER = '[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?';

/** What {@link hasDecimalCommas} looks for. Linear in the text, and a decimal point ends it at once. */
export const DECIMAL_COMMA_LIST = `\\s*\\[\\s*${COMMA_NUMBER}(?:\\s*,\\s+${COMMA_NUMBER})+(?:\\s*,)?\\s*\\]\\s*`;

const DECIMAL_COMMAS = new RegExp(`^${DECIMAL_COMMA_LIST}$`);

/** The camera's scores are percentages, or on some scale below. */
const ACCURACY_MAX = 100;

const ACCURACY_RANGE = warningBit('accuracy_range');
const DIRECTION_CODE = warningBit('direction_code');
const SYMBOL_SCORE_COUNT = warningBit('symbol_score_count');

function hasScorePerSymbol({ aftsRegnoAi, charScores }: Reading): boolean {
  const scores = charScores === EMPTY_LIST ? 0 : charScores.length;
  let symbols = aftsRegnoAi.length;
  for (let i = 0; i < aftsRegnoAi.length; i++) {
    // The second half of a surrogate pair is no symbol of its own.
    if ((aftsRegnoAi.charCodeAt(i) & 0xfc00) === 0xdc00) symbols -= 1;
  }
  return scores === symbols;
}
