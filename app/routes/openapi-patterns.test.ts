import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumber, parseNumberList } from '../model/features/parse-number.js';
import { parseReading } from '../model/features/parse-reading.js';
import { parseTime } from '../model/features/parse-time.js';
import { READING_FIELDS } from '../model/features/reading-fields.js';
import { EXAMPLE_READING } from './examples.js';
import {
  listPattern,
  NUMBER_PATTERN,
  readingTextPattern,
  TIME_PATTERN,
} from './openapi-patterns.js';

const ENTRIES = 4;
const NUMBER = new RegExp(NUMBER_PATTERN, 'u');
const LIST = new RegExp(listPattern(ENTRIES), 'u');
const TIME = new RegExp(TIME_PATTERN, 'u');

/** Texts of pieces that such texts are made of: many are right, and the others nearly. */
function soup(pieces: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces), { maxLength }).map((parts) => parts.join(''));
}

const numberSoup = soup(
  ['0', '1', '9', '.', '-', '+', 'e', 'E', '5', ' ', '\v', '0x', '_', ',', '٣', 'NaN'],
  8,
);
const listSoup = soup(
  ['[', ']', ',', '1', '.5', '2.', '"3"', '" 4 "', ' ', '\t', '\f', '-', 'null', '[]', '1,2'],
  9,
);

describe('the pattern of numbers as text', () => {
  it('matches what is read as a finite number, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(numberSoup, fc.double().map(String)), (text) => {
        // Exponents of three digits are read but not promised: they could overflow.
        fc.pre(!/[eE][+-]?\d{3}/.test(text));
        expect(NUMBER.test(text)).toBe(parseNumber(text, 256) !== undefined);
      }),
      { numRuns: 5000 },
    );
  });

  it('matches no number that overflows', () => {
    for (const text of ['1e999', '9'.repeat(256), `${'9'.repeat(250)}e99`, '1e308', '1e400']) {
      expect(NUMBER.test(text)).toBe(false);
    }
    expect(NUMBER.test(`${'9'.repeat(100)}.9e99`)).toBe(true);
    expect(parseNumber(`${'9'.repeat(100)}.9e99`, 256)).toBeLessThan(Infinity);
  });
});

describe('the pattern of lists as text', () => {
  it('matches what is read as a list of numbers, and nothing else', () => {
    const limits = { unitsMax: 1000, entriesMax: ENTRIES };
    fc.assert(
      fc.property(listSoup, (text) => {
        expect(LIST.test(text)).toBe(parseNumberList(text, limits) !== undefined);
      }),
      { numRuns: 20_000 },
    );
    for (const [text, matches] of [
      ['[]', true],
      ['[ \n]', true],
      ['[1,2,3,4]', true],
      ['[1,2,3,4,]', true],
      ['[1,2,3,4,5]', false],
      ['["1", 2]', true],
      ['["1", 2,]', false],
      ['[+1, .5, 2.]', true],
      ['[+1, "2"]', false],
      ['[,]', false],
      ['[\v]', false],
    ] as const) {
      expect(`${text} ${LIST.test(text)}`).toBe(`${text} ${matches}`);
      expect(parseNumberList(text, limits) !== undefined).toBe(matches);
    }
  });
});

describe('the pattern of times', () => {
  it('matches every time that there is, and no other', () => {
    const part = (values: readonly number[], digits: number) =>
      fc
        .tuple(fc.constantFrom(...values), fc.boolean())
        .map(([value, full]) => (full ? String(value).padStart(digits, '0') : String(value)));
    const time = fc
      .tuple(
        part([0, 1, 4, 99, 100, 400, 1900, 1999, 2000, 2023, 2024, 2100, 9999], 4),
        part([0, 1, 2, 3, 4, 9, 10, 11, 12, 13], 2),
        part([0, 1, 9, 10, 28, 29, 30, 31, 32], 2),
        part([0, 9, 19, 20, 23, 24], 2),
        part([0, 5, 59, 60], 2),
        part([0, 9, 59, 60], 2),
      )
      .map(([y, mo, d, h, mi, s]) => `${y}-${mo}-${d} ${h}:${mi}:${s}`);
    const damaged = fc
      .tuple(time, fc.nat(18), fc.constantFrom('', ' ', '\n', 'T', '٣', 'Z'))
      .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          time,
          damaged,
          time.map((text) => `${text}\n`),
        ),
        (text) => {
          expect(TIME.test(text) && text.length <= 19).toBe(parseTime(text) !== undefined);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe('the pattern of readings as text', () => {
  const pattern = readingTextPattern(READING_FIELDS);
  const text = new RegExp(pattern, 'u');

  it('matches the JSON that libraries write', () => {
    const compact = JSON.stringify(EXAMPLE_READING);
    const members = Object.entries(EXAMPLE_READING).map(
      ([name, value]) => `"${name}": ${asciiJson(value)}`,
    );
    expect(text.test(compact)).toBe(true);
    expect(text.test(`{${members.join(', ')}}`)).toBe(true);
    expect(text.test(compact.replace('"direction":1', '"direction":"1"'))).toBe(true);
    expect(text.test(compact.replace('"direction":1', '"direction":"left"'))).toBe(false);
    expect(text.test(compact.slice(0, -1))).toBe(false);
  });

  it('matches nothing that is refused', () => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(pattern)), (json) => {
        fc.pre(text.test(json));
        expect(parseReading(json)).toMatchObject({ ok: true });
      }),
      { numRuns: 300 },
    );
  });
});

/** As Python's `json.dumps` writes it. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
