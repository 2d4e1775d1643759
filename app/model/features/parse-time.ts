import { daysInMonth } from './calendar.js';
import type { ReadingTime } from './reading.js';

/**
 * A time of `time_check`, or undefined. Accepted is what the old service's `strptime` with
 * `%Y-%m-%d %H:%M:%S` certainly took: a year of four digits (0001..9999), the other parts of one or
 * two, one space between date and time, ASCII digits only, nothing around. The date must exist in
 * the Gregorian calendar, and seconds end at 59.
 */
export function parseTime(value: unknown): ReadingTime | undefined {
  if (typeof value !== 'string' || value.length > FULL_LENGTH) return undefined;
  return value.length === FULL_LENGTH ? parseFull(value) : parseShortened(value);
}

const FULL_LENGTH = 'YYYY-MM-DD HH:MM:SS'.length;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const COLON = 0x3a;

function parseFull(text: string): ReadingTime | undefined {
  if (
    text.charCodeAt(4) !== HYPHEN ||
    text.charCodeAt(7) !== HYPHEN ||
    text.charCodeAt(10) !== SPACE ||
    text.charCodeAt(13) !== COLON ||
    text.charCodeAt(16) !== COLON
  ) {
    return undefined;
  }
  return checkedTime(
    twoDigits(text, 0) * 100 + twoDigits(text, 2),
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
  );
}

const SHORTENED = /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})$/;

function parseShortened(text: string): ReadingTime | undefined {
  const match = SHORTENED.exec(text);
  if (match === null) return undefined;
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = match
    .slice(1)
    .map(Number);
  return checkedTime(year, month, day, hour, minute, second);
}

/** NaN where either is no ASCII digit. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Comparisons are written so that NaN fails them. */
function checkedTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): ReadingTime | undefined {
  const dateExists = year >= 1 && month >= 1 && day >= 1 && day <= daysInMonth(year, month);
  if (!dateExists || !(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  return { year, month, day, hour, minute, second };
}
