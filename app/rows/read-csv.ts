import { readCsvHeader, type CsvHeader } from './csv-header.js';
import { splitCsvLine, type CsvLine } from './csv-line.js';
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
  return csvRow(open.first, open.text, header) ?? 'still-open';
}

function unclosed({ number: line }: InputLine): InputRow {
  return { id: String(line), line, fault: 'a quoted field is not closed' };
}

function isWhole(text: string | undefined, { delimiter, names }: CsvHeader): boolean {
  const split = splitCsvLine(text ?? '', delimiter);
  return split.kind === 'fields' && split.fields.length === names.length;
}

/** Undefined where a quoted field is still open. */
function csvRow(
  { number: line, fault }: InputLine,
  text: string | undefined,
  { delimiter, names, byPosition }: CsvHeader,
): InputRow | undefined {
  const place = { id: String(line), line };
  if (text === undefined) return { ...place, fault: fault ?? 'unreadable' };
  const split: CsvLine = splitCsvLine(text, delimiter);
  if (split.kind === 'open-quote') return undefined;
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
