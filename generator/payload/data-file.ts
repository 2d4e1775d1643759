import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

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

/**
 * Reads the request bodies of a file, one per row. CSV (name ends in .csv): a header with the ten field
 * names, in any order; numbers become JSON numbers. NDJSON (any other name): a line holds the ten fields,
 * or `{"input": {ten fields}}`; what an object holds is sent as it is, so faulty rows can be sent too.
 * @throws DataFileError
 */
export function readDataFile(path: string): Buffer[] {
  const text = readText(path);
  const bodies = path.toLowerCase().endsWith('.csv')
    ? csvBodies(text, path)
    : ndjsonBodies(text, path);
  if (bodies.length === 0)
    throw new DataFileError(`${path}: expected at least one row, found none`);
  if (bodies.length > DATA_ROWS_MAX) {
    throw new DataFileError(
      `${path}: ${bodies.length} rows; the limit is ${DATA_ROWS_MAX}. Cut the file.`,
    );
  }
  return bodies;
}

const FIELDS = [
  'regno_recognize',
  'afts_regno_ai',
  'recognition_accuracy',
  'afts_regno_ai_score',
  'afts_regno_ai_char_scores',
  'afts_regno_ai_length_scores',
  'camera_type',
  'camera_class',
  'time_check',
  'direction',
] as const;
const NUMBERS: ReadonlySet<string> = new Set([
  'recognition_accuracy',
  'afts_regno_ai_score',
  'direction',
]);

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > DATA_FILE_BYTES_MAX) {
      throw new DataFileError(
        `${path}: ${size} bytes; the limit is ${DATA_FILE_BYTES_MAX}. Cut the file.`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof DataFileError) throw error;
    throw new DataFileError(
      `${path}: cannot be read (${error instanceof Error ? error.message : 'unknown'})`,
    );
  }
}

function csvBodies(text: string, path: string): Buffer[] {
  let records: Record<string, string>[];
  try {
    records = parse<Record<string, string>>(text, {
      columns: true,
      bom: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw new DataFileError(
      `${path}: not CSV (${error instanceof Error ? error.message : 'unknown'})`,
    );
  }
  const [first] = records;
  const missing = first ? FIELDS.filter((field) => !(field in first)) : [];
  if (missing.length > 0) {
    throw new DataFileError(
      `${path}: expected the ten fields as columns; missing: ${missing.join(', ')}`,
    );
  }
  return records.map((record) => Buffer.from(JSON.stringify(csvReading(record)), 'utf8'));
}

function csvReading(record: Readonly<Record<string, string>>): Record<string, string | number> {
  return Object.fromEntries(
    FIELDS.map((field) => {
      const value = record[field] ?? '';
      const asNumber = NUMBERS.has(field) && value.trim() !== '' ? Number(value) : NaN;
      return [field, Number.isFinite(asNumber) ? asNumber : value];
    }),
  );
}

function ndjsonBodies(text: string, path: string): Buffer[] {
  const bodies: Buffer[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    bodies.push(Buffer.from(JSON.stringify(ndjsonReading(line, `${path}:${i + 1}`)), 'utf8'));
  }
  return bodies;
}

function ndjsonReading(line: string, where: string): object {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new DataFileError(`${where}: expected one JSON object per line; this line is not JSON`);
  }
  const reading = isObject(row) && 'input' in row ? row.input : row;
  if (!isObject(reading)) {
    throw new DataFileError(`${where}: expected the ten fields, or {"input": {the ten fields}}`);
  }
  return reading;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
