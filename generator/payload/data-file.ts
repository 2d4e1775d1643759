import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InputError } from '../../app/rows/input-error.js';
import { rawMembers } from '../../app/rows/raw-members.js';
import { readRows } from '../../app/rows/read-rows.js';
import type { InputRow, RowColumn } from '../../app/rows/row.js';

/** A file of readings could not be used. The message says what was wrong, where, and what to do. */
export class DataFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataFileError';
  }
}

/** A file larger than this is refused: its bodies are kept in memory. */
export const DATA_FILE_BYTES_MAX = 268_435_456;
export const DATA_ROWS_MAX = 1_000_000;

/** How a file is to be read, as by `regno score`. */
export interface DataFileOptions {
  /** As `encodingName` gives it; UTF-8 where absent. */
  readonly encoding?: string;
  /** Numbers written as text have a decimal comma. */
  readonly decimalComma?: boolean;
}

/**
 * Reads the request bodies of a file, one per row. CSV (name ends in .csv): a header with the ten field
 * names, in any order; numbers become JSON numbers. NDJSON (any other name): a line holds the ten fields,
 * or `{"input": {ten fields}}`; either may be a string of their JSON. What was written is sent to the letter,
 * so that the service gets what `regno score` reads, faulty rows and numbers beyond a double included.
 * @throws DataFileError where a row cannot be read: nothing is sent in its place.
 */
export async function readDataFile(path: string, options: DataFileOptions = {}): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  try {
    await checkSize(path);
    for await (const json of readings(path, options)) {
      if (bodies.push(Buffer.from(json)) > DATA_ROWS_MAX) {
        throw new DataFileError(`${path}: more than ${DATA_ROWS_MAX} rows. Cut the file.`);
      }
    }
  } catch (error) {
    if (error instanceof DataFileError) throw error;
    const message = error instanceof Error ? error.message : 'unknown';
    throw new DataFileError(
      error instanceof InputError ? `${path}: ${message}` : `${path}: cannot be read (${message})`,
    );
  }
  if (bodies.length > 0) return bodies;
  throw new DataFileError(`${path}: expected at least one row, found none`);
}

const FIELDS: readonly RowColumn[] = [
  { name: 'regno_recognize', kind: 'text' },
  { name: 'afts_regno_ai', kind: 'text' },
  { name: 'recognition_accuracy', kind: 'number' },
  { name: 'afts_regno_ai_score', kind: 'number' },
  { name: 'afts_regno_ai_char_scores', kind: 'number-list' },
  { name: 'afts_regno_ai_length_scores', kind: 'number-list' },
  { name: 'camera_type', kind: 'text' },
  { name: 'camera_class', kind: 'text' },
  { name: 'time_check', kind: 'time' },
  { name: 'direction', kind: 'number' },
];

async function checkSize(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size <= DATA_FILE_BYTES_MAX) return;
  throw new DataFileError(
    `${path}: ${size} bytes; the limit is ${DATA_FILE_BYTES_MAX}. Cut the file.`,
  );
}

async function* readings(path: string, options: DataFileOptions): AsyncGenerator<string> {
  const format = path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson';
  const chunks = createReadStream(path) as AsyncIterable<Uint8Array>;
  for await (const row of readRows(chunks, {
    ...options,
    format,
    columns: FIELDS,
    keepJson: true,
    csvAdvice: 'let its name end in .csv',
  })) {
    const where = `${path}:${row.line}`;
    if (row.fault !== undefined) throw new DataFileError(`${where}: ${row.fault}`);
    const json = format === 'csv' ? csvReading(row.input) : ndjsonReading(row, options);
    if (json === undefined) {
      const expected = 'expected the ten fields, or {"input": {the ten fields}}';
      throw new DataFileError(`${where}: ${expected}; either may be a string of JSON`);
    }
    yield json;
  }
}

function csvReading(cells: unknown): string | undefined {
  if (!isRecord(cells)) return undefined;
  return objectOf(
    FIELDS.map(({ name, kind }) => {
      const value = String(cells[name]);
      const isNumber = kind === 'number' && JSON_NUMBER.test(value.trim());
      return [name, isNumber ? value.trim() : JSON.stringify(value)];
    }),
  );
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Undefined where it is none. With decimal commas the numbers are those that the rows' reader made. */
function ndjsonReading(
  { input, json = '' }: Extract<InputRow, { input: unknown }>,
  { decimalComma }: DataFileOptions,
): string | undefined {
  if (typeof input === 'string') return json;
  if (!isRecord(input)) return undefined;
  if (decimalComma !== true) return json;
  const members = rawMembers(json);
  for (const { name, kind } of FIELDS) {
    const value = input[name];
    if (kind !== 'text' && typeof value === 'string') members.set(name, JSON.stringify(value));
  }
  return objectOf(members);
}

/** @param members names and the JSON of their values */
function objectOf(members: Iterable<readonly [string, string]>): string {
  return `{${Array.from(members, ([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
