import type { ReadingTime } from './reading.js';

/** English names, Monday first. */
export const WEEKDAY_NAMES: readonly string[] = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
];

/** English names, January first. */
export const MONTH_NAMES: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type CalendarDate = Pick<ReadingTime, 'year' | 'month' | 'day'>;

export function weekdayName(date: CalendarDate): string {
  return WEEKDAY_NAMES[weekdayIndex(date)] ?? '';
}

export function monthName(date: Pick<CalendarDate, 'month'>): string {
  return MONTH_NAMES[date.month - 1] ?? '';
}

/** 0 (Monday) to 6 (Sunday) of a date of the Gregorian calendar, extended backwards to year 1. */
export function weekdayIndex({ year, month, day }: CalendarDate): number {
  // January and February count as months 13 and 14 of the year before, so that the leap day is the
  // last day of a year. Day 1 of year 1 was a Monday.
  const y = month < 3 ? year - 1 : year;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return (y + leapDays + (MONTH_SHIFTS[month - 1] ?? 0) + day + 6) % 7;
}

/** Days of `month` (1..12), or 0 where there is no such month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return MONTH_DAYS[month - 1] ?? 0;
}

/** Days before each month, mod 7, in a year that begins in March (Sakamoto's table). */
const MONTH_SHIFTS: readonly number[] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];

const MONTH_DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
