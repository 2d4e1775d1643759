import { splitCsvLine } from './csv-line.js';
import { InputError } from './input-error.js';
import type { InputLine } from './read-lines.js';
import type { RowColumn, RowOptions } from './row.js';
import { comparable, similarNamesAdvice } from './similar-names.js';

/** How the rows of a CSV are to be read. */
export interface CsvHeader {
  readonly delimiter: string;
  readonly names: readonly string[];
  /** The names say nothing: rows are values in the order of the columns. */
  readonly byPosition: boolean;
}

type HeaderLine = Omit<CsvHeader, 'byPosition'>;

/**
 * Reads the lines of a CSV up to its first row; undefined where there are none.
 *
 * @throws InputError where the header is no text, lacks columns or names one twice.
 */
export async function readCsvHeader(
  lines: AsyncGenerator<InputLine>,
  { columns, byPosition: mayBeByPosition = false }: Pick<RowOptions, 'columns' | 'byPosition'>,
): Promise<CsvHeader | undefined> {
  const first = await nextLine(lines);
  const separator = SEPARATOR_LINE.exec(first ?? '')?.[1];
  const line = separator === undefined ? first : await nextLine(lines);
  if (line === undefined) return undefined;
  const header = bestHeader(line, separator === undefined ? DELIMITERS : [separator], columns);
  const fault = faultOf(header.names, columns);
  if (fault === undefined) return { ...header, byPosition: false };
  if (!mayBeByPosition) throw new InputError(fault);
  if (header.names.every((name) => name !== '' && !Number.isNaN(Number(name)))) {
    throw new InputError('the first line of the CSV holds numbers; expected names of the columns');
  }
  return { ...header, byPosition: true };
}

/** Whether a line that is no JSON names at least half of the columns, in whatever spelling. */
export function looksLikeCsvHeader(line: string, columns: readonly RowColumn[]): boolean {
  if (SEPARATOR_LINE.test(line)) return true;
  const wanted = new Set(columns.map(({ name }) => comparable(name)));
  return DELIMITERS.some((delimiter) => {
    const found = new Set(namesOf(line, delimiter).map(comparable));
    const known = [...wanted].filter((name) => found.has(name)).length;
    return known > 0 && known >= wanted.size / 2;
  });
}

const DELIMITERS = [',', ';', '\t'];

/** What Excel reads and, on some systems, writes; filled up to the width of the rows by some programs. */
const SEPARATOR_LINE = /^"?sep=([^"])"?\1*$/iu;

async function nextLine(lines: AsyncGenerator<InputLine>): Promise<string | undefined> {
  const line = await lines.next();
  if (line.done === true) return undefined;
  const { number, text, fault } = line.value;
  if (text === undefined) throw new InputError(`line ${number}: ${fault ?? 'unreadable'}`);
  if (/\r[^\r]/.test(text)) {
    throw new InputError('the lines of the CSV end in CR alone; save it with LF or CR LF');
  }
  return text;
}

/** The reading of the header that finds most of the columns, and most columns at all. */
function bestHeader(
  line: string,
  delimiters: readonly string[],
  columns: readonly RowColumn[],
): HeaderLine {
  const missing = ({ names }: HeaderLine): number => missingFrom(names, columns).length;
  const headers = delimiters.map((delimiter) => ({ delimiter, names: namesOf(line, delimiter) }));
  return headers.reduce((best, header) => {
    const better = missing(best) - missing(header) || header.names.length - best.names.length;
    return better > 0 ? header : best;
  });
}

function namesOf(line: string, delimiter: string): readonly string[] {
  const split = splitCsvLine(line, delimiter);
  return split.kind === 'fields' ? split.fields.map((name) => name.trim()) : [];
}

/** Why the columns cannot be taken by their names; undefined where they can. */
function faultOf(names: readonly string[], columns: readonly RowColumn[]): string | undefined {
  const missing = missingFrom(names, columns);
  if (missing.length > 0) {
    const advice = similarNamesAdvice(missing, names);
    return `the first line of the CSV must name its columns; missing: ${missing.join(', ')}${advice}`;
  }
  // Nameless columns are nobody's: spreadsheets leave some at the end.
  const twice = names.filter((name, i) => name !== '' && names.indexOf(name) < i);
  if (twice.length === 0) return undefined;
  const list = [...new Set(twice)].map((name) => JSON.stringify(name)).join(', ');
  return `columns of the CSV that stand there twice: ${list}; leave one of each`;
}

function missingFrom(names: readonly string[], columns: readonly RowColumn[]): string[] {
  return columns.map(({ name }) => name).filter((name) => !names.includes(name));
}
