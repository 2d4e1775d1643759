/** How rows are written, in input and output. */
export const ROW_FORMATS = ['ndjson', 'csv'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** What a row must have under a name. */
export interface RowColumn {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'number-list' | 'time';
}

/** How an input is to be read. */
export interface RowOptions {
  readonly format: RowFormat;
  /** Columns that a CSV must have; others are taken along. */
  readonly columns: readonly RowColumn[];
  /** A CSV without all of the columns is read by the order of its own, as rows that are arrays. */
  readonly byPosition?: boolean;
  /** As `encodingName` gives it; UTF-8 where absent. */
  readonly encoding?: string;
  /** Numbers written as text have a decimal comma. */
  readonly decimalComma?: boolean;
  /** Rows of NDJSON carry the text of their input. */
  readonly keepJson?: boolean;
  /** What to do where NDJSON is expected and a CSV came. */
  readonly csvAdvice?: string;
}

/** One row of an input, not yet checked as what it should be. */
export type InputRow = {
  /**
   * The row's own `id` as JSON, exactly as it was written (a cell of a CSV as a string); the number
   * of its line where it has none or cannot be read.
   */
  readonly id: string;
  readonly line: number;
} & (
  | {
      readonly input: unknown;
      /** The input exactly as it was written, decimal commas included; see {@link RowOptions.keepJson}. */
      readonly json?: string;
      readonly expected: unknown;
      readonly fault?: undefined;
    }
  | { readonly fault: string }
);
