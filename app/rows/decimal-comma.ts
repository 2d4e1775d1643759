/** Whether a text is one number with a decimal comma, e.g. `97,3`. */
export function hasDecimalComma(text: string): boolean {
  return DECIMAL_COMMA.test(text);
}

/**
 * A number of a file with decimal commas, with its decimal point: `97,3` gives `97.3`. Without a
 * comma it stays as it is. Undefined where thousands may be grouped, as in `1.234` or `1.234,5`.
 */
export function withDecimalPoint(text: string): string | undefined {
  if (!text.includes(',')) return GROUPED.test(text) ? undefined : text;
  return DECIMAL_COMMA.test(text) ? text.replace(',', '.') : undefined;
}

/**
 * A list of a file with decimal commas: `[0,9; 0,8]` and `[0,9, 0,8]` give `[0.9, 0.8]`, while a list
 * with decimal points stays as it is, as spreadsheets do not touch it. Undefined where a comma may be
 * either, as in `[0,9,0,8]`.
 */
export function listWithDecimalPoints(text: string): string | undefined {
  const inner = LIST.exec(text)?.[1];
  if (inner === undefined) return text;
  const entries = inner.split(inner.includes(';') ? ';' : /,\s+/);
  if (entries.length === 1) return inner.includes(',') && !inner.includes('.') ? undefined : text;
  const numbers = entries.map((entry) =>
    entry.includes(',') ? withDecimalPoint(entry.trim()) : entry.trim(),
  );
  return numbers.includes(undefined) ? undefined : `[${numbers.join(', ')}]`;
}

const DECIMAL_COMMA = /^\s*[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?\s*$/;
const GROUPED = /^\s*[+-]?[1-9]\d{0,2}(?:\.\d{3})+\s*$/;
const LIST = /^\s*\[([^[\]]*)\]\s*$/;
