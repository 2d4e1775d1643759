import type { WarningSet } from '../serving/ports.js';

/**
 * What may be odd about a reading that is answered all the same. Names that others rely on: values of
 * the header `x-reading-warnings` and of the label `kind` of `regno_reading_warnings_total`;
 * docs/readings.md explains each.
 */
export const READING_WARNINGS = [
  'score_range',
  'symbol_score_range',
  'length_score_range',
  'decimal_comma',
  'symbol_score_count',
  'accuracy_range',
  'direction_code',
  'plate_blanks',
  'plate_lower_case',
  'plate_lookalikes',
] as const;

export type ReadingWarning = (typeof READING_WARNINGS)[number];

export function warningBit(warning: ReadingWarning): WarningSet {
  return 1 << READING_WARNINGS.indexOf(warning);
}

export function warningsIn(set: WarningSet): readonly ReadingWarning[] {
  return READING_WARNINGS.filter((_, bit) => ((set >> bit) & 1) === 1);
}
