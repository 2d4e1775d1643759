import { readCsvHeader, type CsvHeader } from './csv-header.js';
import { splitCsvLine, type OpenQuote } from './csv-line.js';
import { LINE_BYTES_MAX, type InputLine } from './read-lines.js';
import type { InputRow, RowOptions } from './row.js';

/**
 * Rows of a CSV. A stray quote spoils no more than its own line.
 *
 * @throws InputError where the header is unfit.
 */
export async function* readCsv(
  lines: AsyncGenerator<InputLine>,
  options: Pick<RowOptions, 'columns' | 'byPosition'>,
): AsyncGenerator<InputRow> {
  const header = await readCsvHeader(lines, options);
  if (header === undefined) return;
  let open: OpenRow | undefined;
  for await (const line of lines) {
    // A row that is whole by itself does not belong to the quote before it, which is then stray.
    if (open !== undefined && (isWhole(line.text, header) || !fits(open, line))) {
      yield unclosed(open.first);
      open = undefined;
    }
    const row = csvRow(line, header, open);
    open = 'quote' in row ? row : undefined;
    if (!('quote' in row)) yield row;
  }
  if (open !== undefined) yield unclosed(open.first);
}

/** A row whose quoted field goes on in the next line. */
interface OpenRow {
  readonly first: InputLine;
  readonly units: number;
  readonly quote: OpenQuote;
}

function fits({ units }: OpenRow, { text }: InputLine): boolean {
  return text !== undefined && units + text.length <= LINE_BYTES_MAX;
}

function unclosed({ number: line }: InputLine): InputRow {
  return { id: String(line), line, fault: 'a quoted field is not closed' };
}

function isWhole(text: string | undefined, { delimiter, names }: CsvHeader): boolean {
  const split = splitCsvLine(text ?? '', delimiter);
  return split.kind === 'fields' && split.fields.length === names.length;
}

/** @param open the row that the line goes on with */
function csvRow(
  line: InputLine,
  { delimiter, names, byPosition }: CsvHeader,
  open?: OpenRow,
): InputRow | OpenRow {
  const { text, fault } = line;
  const first = open?.first ?? line;
  const place = { id: String(first.number), line: first.number };
  if (text === undefined) return { ...place, fault: fault ?? 'unreadable' };
  const split = splitCsvLine(text, delimiter, open?.quote);
  if (split.kind === 'open-quote') {
    const units = (open === undefined ? 0 : open.units + 1) + text.length;
    return { first, units, quote: split };
  }
  if (split.kind === 'malformed') return { ...place, fault: split.fault };
  const { fields } = split;
  if (fields.length !== names.length) {
    const problem = `${fields.length} columns; expected ${names.length} as in the header`;
    return { ...place, fault: problem };
  }
  const idAt = names.indexOf('id');
  return {
    ...place,
    ...(idAt < 0 ? {} : { id: JSON.stringify(fields[idAt] ?? '') }),
    input: byPosition
      ? fields.filter((_, i) => i !== idAt)
      : Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ''])),
    expected: undefined,
  };
}
