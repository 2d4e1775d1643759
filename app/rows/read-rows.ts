import { describeJsonLineFault } from './json-fault.js';
import { listWithDecimalPoints, withDecimalPoint } from './decimal-comma.js';
import { looksLikeCsvHeader } from './csv-header.js';
import { InputError } from './input-error.js';
import { rawMembers } from './raw-members.js';
import { readCsv } from './read-csv.js';
import { readLines, type InputLine } from './read-lines.js';
import type { InputRow, RowColumn, RowOptions } from './row.js';

/**
 * Reads rows; a row that cannot be read is a fault in its place, and the rest follows.
 *
 * NDJSON: a line holds the fields, or `{"input": {the fields}}` beside whatever else. CSV: a header
 * line with the names of the columns, in any order, separated by comma, semicolon or tab; a line
 * such as `sep=;` may stand before it.
 *
 * @throws InputError where the input is in another encoding, a CSV header lacks columns or names one
 *   twice, or NDJSON begins with the header of a CSV.
 */
export async function* readRows(
  chunks: AsyncIterable<Uint8Array>,
  options: RowOptions,
): AsyncGenerator<InputRow> {
  const { format, columns } = options;
  const lines = readLines(chunks, options.encoding);
  const rows = format === 'csv' ? readCsv(lines, options) : readNdjson(lines, options);
  if (options.decimalComma !== true) yield* rows;
  else for await (const row of rows) yield withDecimalPoints(row, columns);
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

async function* readNdjson(
  lines: AsyncIterable<InputLine>,
  options: RowOptions,
): AsyncGenerator<InputRow> {
  const { columns, csvAdvice = 'expected NDJSON' } = options;
  let isFirst = true;
  for await (const { number: line, text, fault } of lines) {
    const mayBeHeader = isFirst;
    isFirst = false;
    const place = { id: String(line), line };
    if (text === undefined) {
      yield { ...place, fault: fault ?? 'unreadable' };
      continue;
    }
    try {
      yield { ...place, ...unwrapRow(JSON.parse(text), text, options) };
    } catch {
      // No row of it could be read, and each would say so.
      if (mayBeHeader && looksLikeCsvHeader(text, columns)) {
        throw new InputError(`the first line looks like the header of a CSV; ${csvAdvice}`);
      }
      const expected = describeJsonLineFault(text, line);
      yield { ...place, fault: `the line is not valid JSON: expected ${expected}` };
    }
  }
}

function unwrapRow(value: unknown, text: string, { columns, keepJson = false }: RowOptions) {
  if (typeof value !== 'object' || value === null) {
    return { input: value, ...(keepJson ? { json: text } : {}), expected: undefined };
  }
  const own = (name: string): unknown =>
    Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
  const isRow = columns.length > 0 && columns.every(({ name }) => Object.hasOwn(value, name));
  const isWrapped = Object.hasOwn(value, 'input') && !isRow;
  const needsText = Object.hasOwn(value, 'id') || (isWrapped && keepJson);
  const texts = needsText ? rawMembers(text) : undefined;
  const id = texts?.get('id');
  const json = isWrapped ? texts?.get('input') : text;
  return {
    ...(id === undefined ? {} : { id }),
    input: isWrapped ? own('input') : value,
    ...(keepJson && json !== undefined ? { json } : {}),
    expected: own('expected'),
  };
}

function withDecimalPoints(row: InputRow, columns: readonly RowColumn[]): InputRow {
  if (row.fault !== undefined || typeof row.input !== 'object' || row.input === null) return row;
  const isList = Array.isArray(row.input);
  const entries = new Map<string, unknown>(Object.entries(row.input));
  for (const [i, { name, kind }] of columns.entries()) {
    const key = isList ? String(i) : name;
    const value = entries.get(key);
    if (typeof value !== 'string' || (kind !== 'number' && kind !== 'number-list')) continue;
    const text = kind === 'number' ? withDecimalPoint(value) : listWithDecimalPoints(value);
    if (text === undefined) {
      const { id, line } = row;
      return { id, line, fault: `${name}: it is not clear which commas or points are decimal` };
    }
    entries.set(key, text);
  }
  return { ...row, input: isList ? [...entries.values()] : Object.fromEntries(entries) };
}
