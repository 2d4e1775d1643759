/**
 * A finite number from a number or from text, or undefined. Text is what Python's float() takes
 * without its inf, nan, underscores and non-ASCII digits: ASCII white space around, a sign, digits
 * with or without a point on either side, an exponent. Hexadecimal is refused. Text is read to the
 * nearest double; what overflows is refused, what underflows is 0.
 *
 * @param unitsMax most UTF-16 units of a text.
 */
export function parseNumber(value: unknown, unitsMax: number): number | undefined {
  if (typeof value === 'string') return parseNumberText(value, unitsMax);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * Finite numbers from an array or from text `[...]`, or undefined; `[]` gives `[0]`, as in the old
 * service. Entries are read as by {@link parseNumber}. Text is JSON, or else numbers in any of those
 * forms between brackets and commas; one more comma may stand at the end, as in a Python list.
 */
export function parseNumberList(
  value: unknown,
  limits: { readonly unitsMax: number; readonly entriesMax: number },
): readonly number[] | undefined {
  let list = value;
  if (typeof value === 'string') {
    if (value.length > limits.unitsMax) return undefined;
    list = parseJson(value) ?? splitList(value, limits.entriesMax);
  }
  if (!Array.isArray(list) || list.length > limits.entriesMax) return undefined;
  const entries: readonly unknown[] = list;
  if (entries.length === 0) return EMPTY_LIST;
  return areFiniteNumbers(entries) ? entries : parseEntries(entries, limits.unitsMax);
}

/** What {@link parseNumberList} gives for `[]`, so that it can be told from `[0]`. */
export const EMPTY_LIST: readonly number[] = Object.freeze([0]);

// Each position offers one way on, so the time is linear in the text.
const NUMBER_TEXT =
  /^[ \t\n\v\f\r]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$/;

const BLANK = /^[ \t\n\v\f\r]*$/;

const LIST_TEXT = /^[ \t\n\v\f\r]*\[([^[\]]*)\][ \t\n\v\f\r]*$/;

function parseNumberText(text: string, unitsMax: number): number | undefined {
  if (text.length > unitsMax || !NUMBER_TEXT.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A loop, as `every` costs three times that. */
function areFiniteNumbers(entries: readonly unknown[]): entries is readonly number[] {
  for (const value of entries) if (!Number.isFinite(value)) return false;
  return true;
}

function parseEntries(entries: readonly unknown[], unitsMax: number): number[] | undefined {
  const numbers: number[] = [];
  for (const entry of entries) {
    const value = parseNumber(entry, unitsMax);
    if (value === undefined) return undefined;
    numbers.push(value);
  }
  return numbers;
}

/**
 * V8's own parser needs about 80 ns per score of 17 digits on Node 20. A scanner over bytes with
 * double-double arithmetic needed 60 and a scanner over characters no less than 80: not enough to
 * carry an exact decimal conversion of our own.
 */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** For number forms that JSON lacks: `1.`, `.5`, `+1`, `[0.9,]`. */
function splitList(text: string, entriesMax: number): readonly string[] | undefined {
  const inner = LIST_TEXT.exec(text)?.[1];
  if (inner === undefined) return undefined;
  // One more than the limit for a comma at the end, and one more to see that there are too many.
  const parts = inner.split(',', entriesMax + 2);
  if (parts.length > 1 && BLANK.test(parts.at(-1) ?? '')) parts.pop();
  return parts;
}
