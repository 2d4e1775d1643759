import { describe, expect, it } from 'vitest';

import { daysInMonth, monthName, weekdayIndex, weekdayName } from './calendar.js';

describe('weekdayName', () => {
  it.each([
    ['Monday', 1, 1, 1],
    ['Friday', 9999, 12, 31],
    ['Saturday', 2000, 1, 1],
    ['Tuesday', 2000, 2, 29],
    ['Thursday', 1970, 1, 1],
    ['Monday', 1900, 1, 1],
    ['Sunday', 2021, 8, 1],
  ])('is %s on %d-%d-%d', (name, year, month, day) => {
    expect(weekdayName({ year, month, day })).toBe(name);
  });

  it('steps by one from each day to the next over 400 years, a whole cycle of the calendar', () => {
    let expected = weekdayIndex({ year: 1, month: 1, day: 1 });
    for (let year = 1; year <= 400; year++) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 1; day <= daysInMonth(year, month); day++) {
          if (weekdayIndex({ year, month, day }) !== expected) {
            expect.fail(`${year}-${month}-${day} is not weekday ${expected}`);
          }
          expected = (expected + 1) % 7;
        }
      }
    }
    expect(expected).toBe(0);
  });
});

describe('monthName', () => {
  it('is English', () => {
    expect([1, 6, 12].map((month) => monthName({ month }))).toEqual([
      'January',
      'June',
      'December',
    ]);
  });
});

describe('daysInMonth', () => {
  it.each([
    [2023, 2, 28],
    [2024, 2, 29],
    [1900, 2, 28],
    [2000, 2, 29],
    [2024, 4, 30],
    [2024, 12, 31],
    [2024, 0, 0],
    [2024, 13, 0],
  ])('of %d-%d is %d', (year, month, days) => {
    expect(daysInMonth(year, month)).toBe(days);
  });
});
