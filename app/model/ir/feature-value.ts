import { ModelError } from '../errors.js';
import type { FeatureKind } from './ir.js';

/** What CatBoost reads as "missing" where a number is expected. */
const MISSING: ReadonlySet<string> = new Set([
  ...['', '-', 'nan', 'NaN', 'NAN', '-nan', '-NaN', 'na', 'Na', 'NA', 'n/a', 'N/A'],
  ...['#NA', '#N/A', '#N/A N/A', 'null', 'Null', 'NULL', 'none', 'None'],
  ...['1.#IND', '-1.#IND', '1.#QNAN', '-1.#QNAN'],
]);

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const EXPECTED: Readonly<Record<FeatureKind, string>> = {
  float: 'a number, a boolean, or null where it is missing',
  categorical: 'a string, an integer or a boolean',
  text: 'a string',
};

/** Paired ones are one code point each under the `u` flag, and so no match. */
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;

/**
 * A value as the model takes it, by the rules of CatBoost's Python package: a number for a float
 * feature (NaN where it is missing; texts of numbers are read), a string for the others (`true` is the
 * category "1", 5 is "5").
 *
 * @param where what stands before the feature in an error's text, such as `Row 3, `.
 * @throws ModelError `invalid-input` that says what was expected and what came, but never the value,
 *   which may be personal.
 */
export function toFeatureValue(
  { kind, name }: { readonly kind: FeatureKind; readonly name: string },
  value: unknown,
  where = '',
): number | string {
  const taken =
    kind === 'float' ? toNumber(value) : kind === 'text' ? toText(value) : toCategory(value);
  if (taken !== undefined) return taken;
  throw new ModelError(
    'invalid-input',
    `${where}${kind} feature ${JSON.stringify(name)}: expected ${EXPECTED[kind]}, got ${describe(kind, value)}`,
  );
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || value === undefined) return NaN;
  if (typeof value !== 'string') return undefined;
  if (MISSING.has(value)) return NaN;
  return readDecimal(value);
}

/** A number written in decimal digits, with or without an exponent and nothing around; Infinity where it overflows. */
export function readDecimal(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}

function toCategory(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0';
  // Beyond these, digits were lost already. -0 is 0 in Python's integers.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value + 0) : undefined;
  return toText(value);
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' && !UNPAIRED_SURROGATE.test(value) ? value : undefined;
}

function describe(kind: FeatureKind, value: unknown): string {
  if (typeof value === 'string') {
    return UNPAIRED_SURROGATE.test(value)
      ? 'a string with an unpaired surrogate, which has no UTF-8 form'
      : 'a string that is no number';
  }
  if (kind === 'categorical' && Number.isInteger(value)) {
    return 'an integer above 2^53: give it as a string';
  }
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a value of the type ${typeof value}`;
}
