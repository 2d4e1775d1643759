import { daysInMonth } from './calendar.js';
import type { ReadingTime } from './reading.js';
import { utcOf, type TimeZone } from './time-zone.js';

/**
 * A time of `time_check`, or undefined. Accepted is what the old service's `strptime` with
 * `%Y-%m-%d %H:%M:%S` certainly took: a year of four digits (0001..9999), the other parts of one or
 * two, one space between date and time, ASCII digits only, nothing around. The date must exist in
 * the Gregorian calendar, and seconds end at 59.
 *
 * @param zone where times are local: ISO 8601 in its extended format (`2024-06-14T05:30:15.123Z`) is
 * accepted too. A time with an offset becomes local time, one without is local time as written, and
 * fractions of a second are dropped, as features need the hour.
 */
export function parseTime(value: unknown, zone?: TimeZone): ReadingTime | undefined {
  if (typeof value !== 'string') return undefined;
  const time = parseWritten(value);
  return time === undefined && zone !== undefined ? parseIso(value, zone) : time;
}

function parseWritten(text: string): ReadingTime | undefined {
  if (text.length > FULL_LENGTH) return undefined;
  return text.length === FULL_LENGTH ? parseFull(text) : parseShortened(text);
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

const ISO_CHARS_MAX = 64;
const ISO =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?$/;

function parseIso(text: string, zone: TimeZone): ReadingTime | undefined {
  const match = text.length > ISO_CHARS_MAX ? null : ISO.exec(text);
  if (match === null) return undefined;
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN] = match
    .slice(1, 6)
    .map(Number);
  const written = checkedTime(year, month, day, hour, minute, Number(match[6] ?? 0));
  const offset = match[7];
  if (written === undefined || offset === undefined) return written;
  const offsetMs = parseOffset(offset);
  return offsetMs === undefined ? undefined : zone.localTime(utcOf(written) - offsetMs);
}

/** Milliseconds east of UTC; undefined beyond a day. */
function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
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
