import type { InputKind, Scorer } from './ports.js';

/** An input as clients send it and the probabilities that CatBoost itself gave. */
export interface GoldenReading {
  readonly input: Readonly<Record<string, unknown>>;
  readonly negative: number;
  readonly positive: number;
}

export interface GoldenResult {
  readonly state: 'passed' | 'failed' | 'absent';
  readonly rows: number;
  readonly wrongRows: number;
  /** The first wrong row, counted from 1. */
  readonly firstWrongRow?: number;
  /** Largest difference between an answer and its golden probability; NaN where one was refused. */
  readonly differenceMax: number;
}

/** Rows scored in one run, as large as a busy worker's batches. */
const BATCH_ROWS = 64;

/**
 * Scores the golden readings the way requests are scored. It is the warm-up too: the code is
 * compiled and the runtime's memory is there before the first request.
 */
export async function checkGolden<Input>(
  kind: Pick<InputKind<Input>, 'parseGolden'>,
  scorer: Scorer<Input>,
  golden: readonly GoldenReading[],
  tolerance: number,
): Promise<GoldenResult> {
  if (golden.length === 0) return { state: 'absent', rows: 0, wrongRows: 0, differenceMax: 0 };
  let differenceMax = 0;
  const wrong: number[] = [];
  for (let start = 0; start < golden.length; start += BATCH_ROWS) {
    const rows = golden.slice(start, start + BATCH_ROWS);
    const inputs = rows.map((row) => kind.parseGolden(row.input));
    const good = inputs.filter((input) => input !== undefined);
    const positives = (await scorer.score(good)).values();
    for (const [i, row] of rows.entries()) {
      const positive = inputs[i] === undefined ? NaN : (positives.next().value ?? NaN);
      const difference = Math.max(
        Math.abs(positive - row.positive),
        Math.abs(1 - positive - row.negative),
      );
      // Math.max keeps a NaN, so that one row without an answer fails the whole check.
      differenceMax = Math.max(differenceMax, difference);
      if (!(difference <= tolerance)) wrong.push(start + i + 1);
    }
  }
  const [firstWrongRow] = wrong;
  const result = { rows: golden.length, wrongRows: wrong.length, differenceMax };
  return firstWrongRow === undefined
    ? { state: 'passed', ...result }
    : { state: 'failed', ...result, firstWrongRow };
}

/** Why a failed check failed; it holds nothing of the readings, which are personal data. */
export function describeGoldenFailure(result: GoldenResult): string {
  const { rows, wrongRows, firstWrongRow, differenceMax } = result;
  const largest = Number.isNaN(differenceMax)
    ? 'a reading has no answer'
    : `largest difference ${differenceMax}`;
  return (
    `the model failed its golden check: ${wrongRows} of ${rows} rows are wrong, ` +
    `the first is row ${firstWrongRow} (${largest})`
  );
}
