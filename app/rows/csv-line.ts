export type CsvLine =
  | { readonly kind: 'fields'; readonly fields: readonly string[] }
  | OpenQuote
  | { readonly kind: 'malformed'; readonly fault: string };

/** A quoted field does not end on this line; how far the row is, to go on from once. */
export interface OpenQuote {
  readonly kind: 'open-quote';
  /** Those before the open one. */
  readonly fields: string[];
  /** What the open field holds so far. */
  readonly begun: string;
}

/**
 * Splits one line of CSV (RFC 4180): fields between delimiters, quoted ones may hold delimiters,
 * line breaks and doubled quotes. A quote inside an unquoted field is an ordinary character.
 *
 * A parser of whole files would take everything after a stray quote for one field; a line at a time,
 * such a quote spoils no more than its own line.
 *
 * @param open what the lines before left open; it is used up. Nothing of them is read again: a field
 *   may have as many lines as it has characters.
 */
export function splitCsvLine(line: string, delimiter: string, open?: OpenQuote): CsvLine {
  const fields = open?.fields ?? [];
  let begun = open && `${open.begun}\n`;
  let at = 0;
  for (;;) {
    if (begun !== undefined || line[at] === '"') {
      const start = begun === undefined ? at + 1 : at;
      const end = endOfQuoted(line, start);
      // A quote at the end of a line never is the first half of a doubled one: a line break follows.
      const part = line.slice(start, end < 0 ? undefined : end).replaceAll('""', '"');
      const field = (begun ?? '') + part;
      if (end < 0) return { kind: 'open-quote', fields, begun: field };
      begun = undefined;
      fields.push(field);
      at = end + 1;
      if (at < line.length && line[at] !== delimiter) {
        const fault = `text follows the closing quote of field ${fields.length}`;
        return { kind: 'malformed', fault };
      }
    } else {
      const end = line.indexOf(delimiter, at);
      fields.push(line.slice(at, end < 0 ? undefined : end));
      at = end < 0 ? line.length : end;
    }
    if (at >= line.length) return { kind: 'fields', fields };
    at++;
  }
}

/** Position of the quote that closes the field, -1 where none does. */
function endOfQuoted(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return -1;
}

/**
 * A field as CSV, quoted where it has to be. A text that a spreadsheet would take for a formula gets
 * an apostrophe in front and quotes (OWASP, "CSV injection"); numbers stay as they are. A text that
 * begins with apostrophes before such a start gets one more, so that no two texts are written alike
 * and one apostrophe less is always the text itself.
 */
export function csvField(value: string | number): string {
  const text = String(value);
  if (FORMULA.test(text) && !NUMBER.test(text)) return quoted(`'${text}`);
  return NEEDS_QUOTES.test(text) ? quoted(text) : text;
}

const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/u;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Also what separates fields in other countries, where a cell could begin in the middle of a text. */
const NEEDS_QUOTES = /[",;\t\r\n]/;

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
