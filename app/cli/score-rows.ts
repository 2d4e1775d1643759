import type { ReadingRules } from '../plates/reading-rules.js';
import { warningsIn, type ReadingWarning } from '../plates/reading-warnings.js';
import { csvField } from '../rows/csv-line.js';
import { inBatches, readRows } from '../rows/read-rows.js';
import type { RowFormat } from '../rows/row.js';
import { CommandError } from './command-error.js';
import { type Classified, ModelRunner } from './model-runner.js';
import { openInput } from './open-input.js';
import { openOutput } from './output-file.js';
import type { ModelRow, ReadRow } from './row-shape.js';
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
  /** What the model says of its answers. */
  readonly modelWarnings: readonly string[];
}

/** Rows scored in one run of the graph. */
const BATCH_ROWS = 256;

type RowAnswer = Classified | { readonly error: string };

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
  const { shape, warnings: modelWarnings } = runner;
  const result = { rows: 0, bad: 0, odd: 0, warnings, modelWarnings };
  try {
    const { columns, byPosition, answers: names } = shape;
    const csvAdvice = 'give --input-format csv';
    const reading = { ...options, format: input.format, columns, byPosition, csvAdvice };
    for await (const rows of inBatches(readRows(input.chunks, reading), BATCH_ROWS)) {
      if (result.rows === 0 && options.format === 'csv') {
        const added = runner.namesClass ? ['class', 'error'] : ['error'];
        await output.write(csvLine(['id', ...names, ...added]));
      }
      const parsed = rows.map((row) => shape.read(row, options.rules));
      const answers = await answerRows(runner, parsed);
      const write = options.format === 'csv' ? csvAnswer : jsonAnswer;
      await output.write(
        answers.map((answer, i) => write(rows[i]?.id ?? '', runner, answer)).join(''),
      );
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

async function answerRows(
  runner: ModelRunner,
  rows: readonly ReadRow[],
): Promise<readonly RowAnswer[]> {
  const values: ModelRow[] = [];
  const slots = rows.map((row) => ('error' in row ? row : { place: values.push(row.value) - 1 }));
  const scores = await runner.classify(values);
  return slots.map((slot) => {
    if ('error' in slot) return slot;
    const answer = scores[slot.place] ?? { numbers: [], chosen: undefined };
    const fault = runner.shape.faultOf(answer.numbers);
    return fault === undefined ? answer : { error: fault };
  });
}

/** Adds the warnings of these rows to the counts, and gives how many rows have any. */
function countWarnings(rows: readonly ReadRow[], counts: Map<ReadingWarning, number>): number {
  let odd = 0;
  for (const row of rows) {
    if ('error' in row || row.warnings === 0) continue;
    odd += 1;
    for (const kind of warningsIn(row.warnings)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return odd;
}

function jsonAnswer(id: string, { shape }: ModelRunner, answer: RowAnswer): string {
  // Put together by hand: an object would order classes that are numbers, and the id is JSON already.
  const member = (name: string, value: unknown) =>
    `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  if ('error' in answer) return `{"id":${id},${member('error', answer.error)}}\n`;
  const members = shape.answers.map((name, i) => member(name, answer.numbers[i]));
  if (answer.chosen !== undefined) members.push(member('class', answer.chosen));
  return `{"id":${id},${members.join(',')}}\n`;
}

function csvAnswer(id: string, { shape, namesClass }: ModelRunner, answer: RowAnswer): string {
  const own = textOfId(id);
  if ('error' in answer) {
    const empty = shape.answers.map(() => '');
    return csvLine([own, ...empty, ...(namesClass ? [''] : []), answer.error]);
  }
  const { numbers, chosen } = answer;
  const cells = chosen === undefined ? numbers : [...numbers, textOfClass(chosen)];
  return csvLine([own, ...cells, '']);
}

/** The labels that apply as a JSON list, since names may hold any separator. */
function textOfClass(chosen: string | readonly string[]): string {
  return typeof chosen === 'string' ? chosen : JSON.stringify(chosen);
}

function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map(csvField).join(',')}\n`;
}

/** The text of a string, where it has a form in UTF-8; else the JSON itself. */
function textOfId(id: string): string {
  const text = id.startsWith('"') ? (JSON.parse(id) as string) : id;
  return /\p{Surrogate}/u.test(text) ? id : text;
}
