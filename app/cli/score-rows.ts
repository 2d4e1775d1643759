import { parseReading } from '../model/features/parse-reading.js';
import { READING_FIELDS } from '../model/features/reading-fields.js';
import type { ReadingRules } from '../model/features/reading-rules.js';
import { warningsIn, type ReadingWarning } from '../model/features/reading-warnings.js';
import type { FieldFault, ParsedReading, Reading } from '../model/features/reading.js';
import { csvField } from '../rows/csv-line.js';
import { hasDecimalComma } from '../rows/decimal-comma.js';
import { inBatches, readRows } from '../rows/read-rows.js';
import type { InputRow, RowFormat } from '../rows/row.js';
import { isDecision } from '../services/is-decision.js';
import { CommandError } from './command-error.js';
import { ModelRunner, type Probabilities } from './model-runner.js';
import { openInput } from './open-input.js';
import { openOutput } from './output-file.js';
import { startProgress } from './progress-bar.js';
import { formatCount } from './text-format.js';

export interface ScoreOptions {
  readonly model: string;
  readonly rules: ReadingRules;
  readonly input: string;
  readonly inputFormat: RowFormat | undefined;
  readonly encoding: string;
  readonly decimalComma: boolean;
  /** Undefined or `-`: standard output. */
  readonly out: string | undefined;
  readonly force: boolean;
  readonly format: RowFormat;
}

export interface ScoreResult {
  readonly rows: number;
  readonly bad: number;
  /** Rows that have something odd about them. */
  readonly odd: number;
  /** How many rows have each warning. */
  readonly warnings: ReadonlyMap<ReadingWarning, number>;
}

/** Rows scored in one run of the graph. */
const BATCH_ROWS = 256;

type RowAnswer = Probabilities | { readonly error: string };

/**
 * Scores rows as they come, in their order and in bounded memory.
 *
 * @throws CommandError, ModelError where the work cannot be done at all; bad rows are counted.
 */
export async function scoreRows(options: ScoreOptions): Promise<ScoreResult> {
  const runner = await ModelRunner.open(options.model);
  const input = await openInput(options.input, options.inputFormat);
  const output = await openOutput(options.out, options.force);
  const progress = startProgress(input.totalBytes, 'bytes');
  const warnings = new Map<ReadingWarning, number>();
  const result = { rows: 0, bad: 0, odd: 0, warnings };
  try {
    const reading = { ...options, format: input.format, columns: READING_FIELDS };
    for await (const rows of inBatches(readRows(input.chunks, reading), BATCH_ROWS)) {
      if (result.rows === 0 && options.format === 'csv') {
        await output.write('id,negative,positive,error\n');
      }
      const parsed = rows.map((row) => parseRow(row, options.rules));
      const answers = await answerRows(runner, parsed);
      await output.write(rows.map((row, i) => formatAnswer(row.id, answers[i], options)).join(''));
      result.rows += rows.length;
      result.odd += countWarnings(parsed, warnings);
      result.bad += answers.filter((answer) => 'error' in answer).length;
      progress.update(input.bytesRead(), `${formatCount(result.rows)} rows`);
    }
    if (result.rows === 0) throw new CommandError(`${input.name} holds no rows`);
    await output.commit();
  } catch (error) {
    output.discard();
    throw error;
  } finally {
    progress.stop();
    await runner.close();
  }
  return result;
}

/** What is wrong with a reading: every faulty field and what it should be. */
export function describeFaults(faults: readonly FieldFault[], input: unknown): string {
  return faults
    .map(({ field, expected }) => {
      const value: unknown = Object.getOwnPropertyDescriptor(Object(input), field)?.value;
      const advice = isDecimalComma(value) ? '; for decimal commas give --decimal-comma' : '';
      return `${field}: expected ${expected}${advice}`;
    })
    .join('; ');
}

function isDecimalComma(value: unknown): boolean {
  return typeof value === 'string' && hasDecimalComma(value);
}

type ParsedRow = Extract<ParsedReading, { readonly ok: true }> | { readonly error: string };

function parseRow(row: InputRow, rules: ReadingRules): ParsedRow {
  if (row.fault !== undefined) return { error: row.fault };
  const parsed = parseReading(row.input, rules);
  return parsed.ok ? parsed : { error: describeFaults(parsed.faults, row.input) };
}

async function answerRows(
  runner: ModelRunner,
  rows: readonly ParsedRow[],
): Promise<readonly RowAnswer[]> {
  const readings: Reading[] = [];
  const slots = rows.map((row) =>
    'error' in row ? row : { reading: readings.push(row.reading) - 1 },
  );
  const scores = await runner.score(readings);
  return slots.map((slot) => {
    if ('error' in slot) return slot;
    const score = scores[slot.reading];
    if (score !== undefined && isDecision(score.negative, score.positive)) return score;
    return { error: 'the model gives no two probabilities that add up to 1 for this reading' };
  });
}

/** Adds the warnings of these rows to the counts, and gives how many rows have any. */
function countWarnings(rows: readonly ParsedRow[], counts: Map<ReadingWarning, number>): number {
  let odd = 0;
  for (const row of rows) {
    if ('error' in row || row.warnings === 0) continue;
    odd += 1;
    for (const kind of warningsIn(row.warnings)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return odd;
}

function formatAnswer(id: string, answer: RowAnswer | undefined, { format }: ScoreOptions): string {
  if (answer === undefined) return '';
  if (format === 'ndjson') return `{"id":${id},${JSON.stringify(answer).slice(1)}\n`;
  const own = textOfId(id);
  const fields =
    'error' in answer ? [own, '', '', answer.error] : [own, answer.negative, answer.positive, ''];
  return `${fields.map(csvField).join(',')}\n`;
}

/** The text of a string, where it has a form in UTF-8; else the JSON itself. */
function textOfId(id: string): string {
  const text = id.startsWith('"') ? (JSON.parse(id) as string) : id;
  return /\p{Surrogate}/u.test(text) ? id : text;
}
