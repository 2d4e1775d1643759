import { parseReading } from '../plates/parse-reading.js';
import { READING_FIELDS } from '../plates/reading-fields.js';
import type { ReadingRules } from '../plates/reading-rules.js';
import type { Reading } from '../plates/reading.js';
import type { FieldFault } from '../serving/ports.js';
import type { FeatureRow } from '../model/ir/ir.js';
import { hasDecimalComma, listWithDecimalPoints } from '../rows/decimal-comma.js';
import type { InputRow, RowColumn } from '../rows/row.js';
import { similarNamesAdvice } from '../rows/similar-names.js';
import { isDecision } from '../serving/is-decision.js';

/** A row as a model takes it: a reading, or a value per feature. */
export type ModelRow = Reading | FeatureRow;

export type ReadRow =
  { readonly value: ModelRow; readonly warnings: number } | { readonly error: string };

/** What rows of a model look like, and what its answers are called. */
export interface RowShape {
  readonly kind: 'readings' | 'features';
  /** What a row has under names. */
  readonly columns: readonly RowColumn[];
  /** Whether the columns of a CSV may be taken by their order, whatever they are called. */
  readonly byPosition: boolean;
  /** Names of the numbers that make up an answer, in order. */
  readonly answers: readonly string[];
  /** Checks a row; what is wrong with it is reported in words that do not repeat values. */
  read(row: InputRow, rules: ReadingRules): ReadRow;
  /** What is wrong with an answer of the model; undefined where nothing is. */
  faultOf(answer: readonly number[]): string | undefined;
}

/** Rows of models that decide readings. */
export const READING_SHAPE: RowShape = {
  kind: 'readings',
  columns: READING_FIELDS,
  byPosition: false,
  answers: ['negative', 'positive'],
  read(row, rules) {
    if (row.fault !== undefined) return { error: row.fault };
    const parsed = parseReading(row.input, rules);
    if (!parsed.ok) return { error: describeFaults(parsed.faults, row.input) };
    return { value: parsed.reading, warnings: parsed.warnings };
  },
  faultOf: ([negative = NaN, positive = NaN]) =>
    isDecision(negative, positive)
      ? undefined
      : 'the model gives no two probabilities that add up to 1 for this reading',
};

/** Follows a fault of a value that has decimal commas. */
export function decimalCommaAdvice(value: unknown): string {
  const hasSome =
    typeof value === 'string' &&
    (hasDecimalComma(value) || (listWithDecimalPoints(value) ?? value) !== value);
  return hasSome ? '; for decimal commas give --decimal-comma' : '';
}

/** Every faulty field and what it should be. */
function describeFaults(faults: readonly FieldFault[], input: unknown): string {
  const row: unknown = Object(input);
  const texts = faults.map(({ field, expected }) => {
    const value: unknown = Object.getOwnPropertyDescriptor(row, field)?.value;
    return `${field}: expected ${expected}${decimalCommaAdvice(value)}`;
  });
  const missing = faults
    .map(({ field }) => field)
    .filter((field) => !Object.hasOwn(row as object, field));
  return texts.join('; ') + similarNamesAdvice(missing, Object.keys(row as object));
}
