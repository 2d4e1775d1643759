import { z } from 'zod';
import type { ReadingRules } from '../plates/reading-rules.js';
import type { AnswerPath, AskedRow, PathAnswer, PathName, PathOptions } from './answer-path.js';
import { openPath } from './answer-paths.js';
import { inBatches, readRows } from '../rows/read-rows.js';
import type { InputRow } from '../rows/row.js';
import { usageError } from './command-error.js';
import { readModelFiles } from '../registry/model-files.js';
import { modelSourceOf } from '../registry/model-source.js';
import { openInput } from './open-input.js';
import { startProgress } from './progress-bar.js';
import { READING_SHAPE, type RowShape } from './row-shape.js';
import { formatCount } from './text-format.js';

export interface VerifyOptions extends PathOptions {
  readonly expected: string;
  readonly encoding: string;
  /** What is done with odd readings where the model is asked here; a service has its own. */
  readonly rules: ReadingRules;
  readonly tolerance: number;
  readonly through: readonly PathName[];
}

/** How one path did. */
export interface PathResult {
  readonly path: PathName;
  /** Rows that were answered. */
  readonly answered: number;
  /** Rows that got no answer. */
  readonly unanswered: number;
  /** Rows whose answer differs by more than the tolerance. */
  readonly beyondTolerance: number;
  /** Largest difference of a probability; 0 where no row was answered. */
  readonly largestDifference: number;
  /** Line of the row with that difference. */
  readonly worstRow: number | null;
  readonly seconds: number;
  readonly firstProblem: string | null;
}

export interface VerifyResult {
  readonly ok: boolean;
  /** Rows that were asked. */
  readonly rows: number;
  readonly tolerance: number;
  /** Lines that hold no reading with its expected answer. */
  readonly badLines: number;
  readonly firstBadLine: string | null;
  readonly paths: readonly PathResult[];
}

const BATCH_ROWS = 256;
const NDJSON_EXPECTED = 'expected NDJSON: {"input": ..., "expected": ...} a line';

const expectedSchema = z.union([z.array(z.number()), z.record(z.string(), z.number())]);

/**
 * The paths that a model can be asked through: a compiled file has lost what the reference needs.
 *
 * @throws CommandError where the model cannot be read.
 */
export async function defaultPaths(model: string): Promise<readonly PathName[]> {
  const { kind } = modelSourceOf(await readModelFiles(model));
  return kind === '.cbm' ? ['reference', 'onnx'] : ['onnx'];
}

/**
 * Compares what the paths answer with what is expected, row by row.
 *
 * @throws CommandError, ModelError where a path cannot be used at all.
 */
export async function verifyRows(options: VerifyOptions): Promise<VerifyResult> {
  if (options.expected.toLowerCase().endsWith('.csv')) {
    throw usageError(`${options.expected} is a CSV; ${NDJSON_EXPECTED}`);
  }
  const input = await openInput(options.expected, 'ndjson');
  const paths: AnswerPath[] = [];
  const progress = startProgress(input.totalBytes, 'bytes');
  try {
    for (const name of options.through) paths.push(await openPath(name, options));
    const shape = commonShape(paths);
    const tallies = paths.map((path) => new Tally(path, options.tolerance));
    const bad = { count: 0, first: null as string | null };
    let rows = 0;
    const { columns } = shape;
    const reading = { ...options, format: input.format, columns, csvAdvice: NDJSON_EXPECTED };
    for await (const batch of inBatches(readRows(input.chunks, reading), BATCH_ROWS)) {
      const cases = batch.flatMap((row) => {
        const checked = checkRow(row, shape, options.rules);
        if (typeof checked !== 'string') return checked;
        bad.count++;
        bad.first ??= `line ${row.line}: ${checked}`;
        return [];
      });
      for (const tally of tallies) await tally.ask(cases);
      rows += cases.length;
      progress.update(input.bytesRead(), `${formatCount(rows)} rows`);
    }
    const results = tallies.map((tally) => tally.result());
    const agree = results.every((path) => path.unanswered + path.beyondTolerance === 0);
    return {
      ok: rows > 0 && bad.count === 0 && agree,
      rows,
      tolerance: options.tolerance,
      badLines: bad.count,
      firstBadLine: bad.first,
      paths: results,
    };
  } finally {
    progress.stop();
    await Promise.all(paths.map((path) => path.close()));
  }
}

/** @throws CommandError where the model takes other rows than a service does. */
function commonShape(paths: readonly AnswerPath[]): RowShape {
  const [first] = paths;
  if (paths.some(({ shape }) => shape.kind !== first?.shape.kind)) {
    throw usageError('a service answers readings, and this model does not: leave out http');
  }
  return first?.shape ?? READING_SHAPE;
}

interface Case extends AskedRow {
  readonly line: number;
  readonly expected: readonly number[];
}

/** The case of a row, or what is wrong with it. */
function checkRow(row: InputRow, shape: RowShape, rules: ReadingRules): Case | string {
  if (row.fault !== undefined) return row.fault;
  const expected = expectedAnswer(row.expected, shape.answers);
  if (expected === undefined) {
    const input = shape.kind === 'readings' ? 'the ten fields' : 'a value per feature';
    const answer = shape.answers.map((name) => `${JSON.stringify(name)}: p`).join(', ');
    return `expected {"input": {${input}}, "expected": {${answer}}}`;
  }
  const read = shape.read(row, rules);
  if ('error' in read) return read.error;
  return { line: row.line, input: row.input, value: read.value, expected };
}

/** The numbers of an answer, which are given by name or in order. */
function expectedAnswer(value: unknown, names: readonly string[]): readonly number[] | undefined {
  const parsed = expectedSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const numbers = Array.isArray(data)
    ? data
    : names.flatMap((name) => (Object.hasOwn(data, name) ? [data[name] ?? NaN] : []));
  return numbers.length === names.length ? numbers : undefined;
}

/** Keeps count of one path's answers. */
class Tally {
  #answered = 0;
  #unanswered = 0;
  #beyond = 0;
  #largest = 0;
  #worstRow: number | null = null;
  #seconds = 0;
  #firstProblem: string | null = null;

  constructor(
    private readonly path: AnswerPath,
    private readonly tolerance: number,
  ) {}

  async ask(cases: readonly Case[]): Promise<void> {
    const startedAt = performance.now();
    const answers = await this.path.answer(cases);
    this.#seconds += (performance.now() - startedAt) / 1000;
    cases.forEach((row, i) => this.#judge(row, answers[i] ?? { error: 'no answer' }));
  }

  result(): PathResult {
    return {
      path: this.path.name,
      answered: this.#answered,
      unanswered: this.#unanswered,
      beyondTolerance: this.#beyond,
      largestDifference: this.#largest,
      worstRow: this.#worstRow,
      seconds: this.#seconds,
      firstProblem: this.#firstProblem,
    };
  }

  #judge({ line, expected }: Case, answer: PathAnswer): void {
    if ('error' in answer) {
      this.#unanswered++;
      this.#firstProblem ??= `line ${line}: ${answer.error}`;
      return;
    }
    const differences = expected.map((number, i) => Math.abs((answer[i] ?? NaN) - number));
    const difference = differences.reduce((a, b) => Math.max(a, b), 0);
    if (Number.isNaN(difference)) {
      this.#unanswered++;
      this.#firstProblem ??= `line ${line}: the answer is no number`;
      return;
    }
    this.#answered++;
    if (this.#worstRow === null || difference > this.#largest) {
      this.#largest = difference;
      this.#worstRow = line;
    }
    if (difference <= this.tolerance) return;
    this.#beyond++;
    const worst = differences.indexOf(difference);
    this.#firstProblem ??=
      `line ${line}: ${this.path.shape.answers[worst]} is ${answer[worst]}, ` +
      `expected ${expected[worst]}`;
  }
}
