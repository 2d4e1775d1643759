import { splitCsvLine, type CsvLine } from './csv-line.js';
import { InputError } from './input-error.js';
import type { RowFormat } from './row-format.js';
import { LINE_BYTES_MAX, readLines, type InputLine } from './read-lines.js';

export type RowId = string | number;

/** One row of an input, not yet checked as a reading. */
export type InputRow = {
  /** The row's own `id`, else the number of its line. */
  readonly id: RowId;
  readonly line: number;
  /** Bytes of the input up to and including this row. */
  readonly bytesRead: number;
} & (
  | { readonly input: unknown; readonly expected: unknown; readonly fault?: undefined }
  | { readonly fault: string }
);

export interface RowOptions {
  readonly format: RowFormat;
  /** Columns that a CSV must have; others are taken along. */
  readonly columns: readonly string[];
}

/** Longest `id` that is taken over. */
const ID_UNITS_MAX = 256;

/**
 * Reads rows; a row that cannot be read is a fault in its place, and the rest follows.
 *
 * NDJSON: a line holds the fields, or `{"input": {the fields}}` beside whatever else. CSV: a header
 * line with the names of the columns, in any order, separated by comma, semicolon or tab.
 *
 * @throws InputError where a CSV header lacks columns.
 */
export function readRows(
  chunks: AsyncIterable<Uint8Array>,
  { format, columns }: RowOptions,
): AsyncGenerator<InputRow> {
  const lines = readLines(chunks);
  return format === 'csv' ? readCsv(lines, columns) : readNdjson(lines);
}

/** Groups rows, so that they are scored together. */
export async function* inBatches<T>(rows: AsyncIterable<T>, sizeMax: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < sizeMax) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* readNdjson(lines: AsyncIterable<InputLine>): AsyncGenerator<InputRow> {
  for await (const { number: line, text, fault, bytesRead } of lines) {
    const place = { id: line, line, bytesRead };
    if (text === undefined) {
      yield { ...place, fault: fault ?? 'unreadable' };
      continue;
    }
    try {
      yield { ...place, ...unwrapRow(JSON.parse(text), line) };
    } catch {
      yield { ...place, fault: 'the line is not valid JSON' };
    }
  }
}

function unwrapRow(value: unknown, line: number) {
  if (typeof value !== 'object' || value === null) {
    return { id: line, input: value, expected: undefined };
  }
  const own = (name: string): unknown =>
    Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
  const isWrapped = Object.hasOwn(value, 'input') && !Object.hasOwn(value, 'regno_recognize');
  return {
    id: idOf(own('id'), line),
    input: isWrapped ? own('input') : value,
    expected: own('expected'),
  };
}

function idOf(value: unknown, line: number): RowId {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && value !== '' ? value.slice(0, ID_UNITS_MAX) : line;
}

interface CsvHeader {
  readonly delimiter: string;
  readonly names: readonly string[];
}

async function* readCsv(
  lines: AsyncGenerator<InputLine>,
  columns: readonly string[],
): AsyncGenerator<InputRow> {
  const first = await lines.next();
  if (first.done === true) return;
  const header = readHeader(first.value.text ?? '', columns);
  let open: OpenRow | undefined;
  for await (const line of lines) {
    if (open !== undefined) {
      // A row that is whole by itself does not belong to the quote before it, which is then stray.
      const joined = isWhole(line.text, header) ? undefined : continueRow(open, line, header);
      if (joined === 'still-open') continue;
      if (joined !== undefined) {
        open = undefined;
        yield joined;
        continue;
      }
      yield unclosed(open.first);
      open = undefined;
    }
    const row = csvRow(line, line.text, header);
    if (row === undefined) open = { first: line, text: line.text ?? '' };
    else yield row;
  }
  if (open !== undefined) yield unclosed(open.first);
}

/** A row whose quoted field goes on in the next line. */
interface OpenRow {
  readonly first: InputLine;
  text: string;
}

function continueRow(
  open: OpenRow,
  line: InputLine,
  header: CsvHeader,
): InputRow | 'still-open' | undefined {
  if (line.text === undefined || open.text.length + line.text.length > LINE_BYTES_MAX) {
    return undefined;
  }
  open.text += `\n${line.text}`;
  return csvRow({ ...open.first, bytesRead: line.bytesRead }, open.text, header) ?? 'still-open';
}

function unclosed({ number: line, bytesRead }: InputLine): InputRow {
  return { id: line, line, bytesRead, fault: 'a quoted field is not closed' };
}

function isWhole(text: string | undefined, { delimiter, names }: CsvHeader): boolean {
  const split = splitCsvLine(text ?? '', delimiter);
  return split.kind === 'fields' && split.fields.length === names.length;
}

/** Undefined where a quoted field is still open. */
function csvRow(
  { number: line, fault, bytesRead }: InputLine,
  text: string | undefined,
  { delimiter, names }: CsvHeader,
): InputRow | undefined {
  const place = { id: line, line, bytesRead };
  if (text === undefined) return { ...place, fault: fault ?? 'unreadable' };
  const split: CsvLine = splitCsvLine(text, delimiter);
  if (split.kind === 'open-quote') return undefined;
  if (split.kind === 'malformed') return { ...place, fault: split.fault };
  const { fields } = split;
  if (fields.length !== names.length) {
    const problem = `${fields.length} columns; expected ${names.length} as in the header`;
    return { ...place, fault: problem };
  }
  const input = Object.fromEntries(names.map((name, i) => [name, fields[i] ?? '']));
  return { ...place, id: idOf(input['id'], line), input, expected: undefined };
}

const DELIMITERS = [',', ';', '\t'];

function readHeader(text: string, columns: readonly string[]): CsvHeader {
  const headers = DELIMITERS.map((delimiter) => {
    const split = splitCsvLine(text, delimiter);
    const names = split.kind === 'fields' ? split.fields.map((name) => name.trim()) : [];
    const missing = columns.filter((name) => !names.includes(name));
    return { delimiter, names, missing };
  }).sort((a, b) => a.missing.length - b.missing.length);
  const best = headers[0];
  if (best?.missing.length === 0) return best;
  throw new InputError(
    `the first line of the CSV must name the columns; missing: ${best?.missing.join(', ') ?? ''}`,
  );
}
