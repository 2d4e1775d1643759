import { DECIMAL_COMMA_LIST } from '../plates/check-reading.js';
import type { ReadingField, ReadingFieldKind } from '../plates/reading-fields.js';

/*
 * The texts that a reading may hold, as patterns of JSON Schema: all that they match is accepted. The
 * parser also takes numbers of more digits; patterns leave those out that could overflow.
 * test/contract/schema.test.ts holds the two together.
 */

/** White space as Python's `float()` takes it around a number. */
const BLANK = '[ \\t\\n\\v\\f\\r]*';
/** Finite by its form: at most 100 digits before the point, and two of the exponent. */
const EXPONENT = '(?:[eE][+-]?[0-9]{1,2})?';
const UNSIGNED = `(?:[0-9]{1,100}(?:\\.[0-9]*)?|\\.[0-9]+)${EXPONENT}`;
const NUMBER = `${BLANK}[+-]?${UNSIGNED}${BLANK}`;

export const NUMBER_PATTERN = `^${NUMBER}$`;

/*
 * Numbers from 0 to 1 by their form. The alternatives exclude each other: where two matched the same
 * text, a list that fails at its end would be tried in 2^256 ways.
 */
const NEGATIVE_POWER = '[eE]-(?:0[1-9]|[1-9][0-9]?)';
const POSITIVE_POWER = '[eE]\\+?(?:0[1-9]|[1-9][0-9]?)';
const NO_POSITIVE_POWER = '(?:[eE](?:-[0-9]{1,2}|\\+?0{1,2}))?';
/** A digit and others behind the point, which a negative power makes a fraction. */
const MANTISSA = '(?:1\\.0*[1-9][0-9]*|[2-9](?:\\.[0-9]+)?)';
const ANY_PROBABILITY =
  `(?:\\+?(?:(?:0*1(?:\\.0*)?|0+(?:\\.[0-9]*)?|\\.[0-9]+)${NO_POSITIVE_POWER}` +
  `|(?:${MANTISSA}|[2-9]\\.)${NEGATIVE_POWER}|(?:0+(?:\\.0*)?|\\.0+)${POSITIVE_POWER})` +
  `|-(?:0+(?:\\.0*)?|\\.0+)${EXPONENT})`;
const PROBABILITY = `${BLANK}${ANY_PROBABILITY}${BLANK}`;

export const PROBABILITY_PATTERN = `^${PROBABILITY}$`;

const YEAR = '(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})';
const FOURTH_YEAR = '(?:0[48]|[2468][048]|[13579][26])';
const LEAP_YEAR = `(?:[0-9]{2}${FOURTH_YEAR}|${FOURTH_YEAR}00)`;
const DAY_OF_ANY_YEAR = [
  '(?:0?[13578]|1[02])-(?:0?[1-9]|[12][0-9]|3[01])',
  '(?:0?[469]|11)-(?:0?[1-9]|[12][0-9]|30)',
  '0?2-(?:0?[1-9]|1[0-9]|2[0-8])',
].join('|');
const DATE = `(?:${YEAR}-(?:${DAY_OF_ANY_YEAR})|${LEAP_YEAR}-0?2-29)`;
const TIME = `${DATE} (?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9]`;

/** Exactly the times that there are, from year 1 on, by the Gregorian calendar. */
export const TIME_PATTERN = `^${TIME}$`;

const JSON_BLANK = '[ \\t\\n\\r]*';
const JSON_NUMBER = `-?(?:0|[1-9][0-9]{0,99})(?:\\.[0-9]+)?${EXPONENT}`;
const JSON_PROBABILITY =
  `(?:(?:1(?:\\.0+)?|0(?:\\.[0-9]+)?)${NO_POSITIVE_POWER}|${MANTISSA}${NEGATIVE_POWER}` +
  `|0(?:\\.0+)?${POSITIVE_POWER}|-0(?:\\.0+)?${EXPONENT})`;

/**
 * Lists as text: as Python writes them, or JSON, which also has the empty list and numbers as text;
 * not with decimal commas.
 *
 * @param entriesMax most numbers in the list
 */
export function probabilityListPattern(entriesMax: number): string {
  const more = `{0,${entriesMax - 1}}`;
  const python = `${PROBABILITY}(?:,${PROBABILITY})${more}(?:,${BLANK})?`;
  const entry = `${JSON_BLANK}(?:${JSON_PROBABILITY}|" *${ANY_PROBABILITY} *")${JSON_BLANK}`;
  const json = `(?:${entry}(?:,${entry})${more}|${JSON_BLANK})`;
  const list = `(?:${BLANK}\\[${python}\\]${BLANK}|${JSON_BLANK}\\[${json}\\]${JSON_BLANK})`;
  return `^(?!${DECIMAL_COMMA_LIST}$)${list}$`;
}

const ESCAPE = '\\\\(?:["\\\\/bfnrt]|u(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}))';

/** The JSON of a value of each kind, plain or as text. */
const JSON_OF_KIND: Readonly<Record<ReadingFieldKind, (field: ReadingField) => string>> = {
  text: ({ charsMax }) => `"(?:[^"\\\\\\u0000-\\u001f]|${ESCAPE}){0,${charsMax}}"`,
  time: () => `"${TIME}"`,
  number: ({ isProbability }) =>
    plainOrText(isProbability === true ? JSON_PROBABILITY : JSON_NUMBER),
  'number-list': ({ entriesMax = 1 }) => plainOrText(jsonList(JSON_PROBABILITY, entriesMax)),
};

/** As libraries write lists: with a blank after every comma, or after none. */
function jsonList(entry: string, entriesMax: number): string {
  const more = `{0,${entriesMax - 1}}`;
  return `\\[(?:${entry}(?:(?:,${entry})${more}|(?:, ${entry})${more}))?\\]`;
}

/** JSON texts of readings, the fields in their order and without others, as a library writes them. */
export function readingTextPattern(fields: readonly ReadingField[]): string {
  const members = fields.map((field) => `"${field.name}": ?${JSON_OF_KIND[field.kind](field)}`);
  return `^\\{${members.join(', ?')}\\}$`;
}

function plainOrText(json: string): string {
  return `(?:${json}|"${json}")`;
}
