import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InputError } from '../../app/rows/input-error.js';
import { readRows } from '../../app/rows/read-rows.js';
import type { RowColumn } from '../../app/rows/row.js';

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
 * or `{"input": {ten fields}}`; what an object holds is sent as it is, so faulty rows can be sent too.
 * @throws DataFileError where a row cannot be read: nothing is sent in its place.
 */
export async function readDataFile(path: string, options: DataFileOptions = {}): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  try {
    await checkSize(path);
    for await (const reading of readings(path, options)) {
      if (bodies.push(Buffer.from(JSON.stringify(reading))) > DATA_ROWS_MAX) {
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

async function* readings(path: string, options: DataFileOptions): AsyncGenerator<object> {
  const format = path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson';
  const chunks = createReadStream(path) as AsyncIterable<Uint8Array>;
  for await (const row of readRows(chunks, {
    ...options,
    format,
    columns: FIELDS,
    csvAdvice: 'let its name end in .csv',
  })) {
    const where = `${path}:${row.line}`;
    if (row.fault !== undefined) throw new DataFileError(`${where}: ${row.fault}`);
    if (!isRecord(row.input)) {
      throw new DataFileError(`${where}: expected the ten fields, or {"input": {the ten fields}}`);
    }
    yield format === 'csv' ? csvReading(row.input) : row.input;
  }
}

function csvReading(cells: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    FIELDS.map(({ name, kind }) => {
      const value = String(cells[name]);
      const asNumber = kind === 'number' && value.trim() !== '' ? Number(value) : NaN;
      return [name, Number.isFinite(asNumber) ? asNumber : value];
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
