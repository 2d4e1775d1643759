import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasDecimalCommas, isProbability } from '../plates/check-reading.js';
import { parseNumber, parseNumberList } from '../plates/parse-number.js';
import { parseReading } from '../plates/parse-reading.js';
import { parseTime } from '../plates/parse-time.js';
import { READING_FIELDS } from '../plates/reading-fields.js';
import { EXAMPLE_READING } from './examples.js';
import {
  NUMBER_PATTERN,
  PROBABILITY_PATTERN,
  probabilityListPattern,
  readingTextPattern,
  TIME_PATTERN,
} from './openapi-patterns.js';

const ENTRIES = 4;
const NUMBER = new RegExp(NUMBER_PATTERN, 'u');
const LIST = new RegExp(probabilityListPattern(ENTRIES), 'u');
const PROBABILITY = new RegExp(PROBABILITY_PATTERN, 'u');
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
  ['[', ']', ',', '1', '.5', '0.', '"1"', '" 0 "', ' ', '\t', '\f', '-', '2', '[]', '1,0'],
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

describe('the pattern of probabilities as text', () => {
  it('matches what is read as a number from 0 to 1, and nothing else', () => {
    const texts = fc.oneof(numberSoup, fc.double({ min: -2, max: 2 }).map(String));
    fc.assert(
      fc.property(texts, (text) => {
        // Powers of ten are promised after one digit at the most.
        fc.pre(!/[eE][+-]?\d{3}|[0-9.][0-9.][0-9.]*[eE]/.test(text));
        const value = parseNumber(text, 256);
        expect(PROBABILITY.test(text)).toBe(value !== undefined && isProbability(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('matches nothing that is read as another number', () => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(PROBABILITY_PATTERN)), (text) => {
        expect(isProbability(parseNumber(text, 1000) ?? NaN)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['1.2e-09', '9.99e-1', '0e5', '-0', '+.5', '1.', '01', '1e-5', '0.5E-0', '1e+00'])(
    'matches %s',
    (text) => expect(PROBABILITY.test(text)).toBe(true),
  );
});

describe('the pattern of lists as text', () => {
  const limits = { unitsMax: 100_000, entriesMax: ENTRIES };
  const isRead = (text: string): boolean =>
    parseNumberList(text, limits)?.every(isProbability) === true && !hasDecimalCommas(text);

  it('matches what is read as a list of probabilities, and nothing else', () => {
    fc.assert(
      fc.property(listSoup, (text) => {
        expect(LIST.test(text)).toBe(isRead(text));
      }),
      { numRuns: 20_000 },
    );
    for (const [text, matches] of [
      ['[]', true],
      ['[ \n]', true],
      ['[1,0,1,0]', true],
      ['[1,.2,.3,.4,]', true],
      ['[1,1,1,1,1]', false],
      ['["1", 0.2]', true],
      ['["1", 0,]', false],
      ['[+1, .5, 1.]', true],
      ['[+1, "1"]', false],
      ['[,]', false],
      ['[\v]', false],
      ['[1.5]', false],
      ['[0.5, -0.5]', false],
      ['[0,9, 0,8]', false],
      ['[1,0, 0,1]', false],
      ['[1,0]', true],
      ['[1, 0, 0, 1]', true],
      ['[1.2e-09, 9.1e-05]', true],
    ] as const) {
      expect(`${text} ${LIST.test(text)}`).toBe(`${text} ${matches}`);
      expect(isRead(text)).toBe(matches);
    }
  });

  it('finds the fault at the end of a long list at once', () => {
    const list = new RegExp(probabilityListPattern(256), 'u');
    for (const entry of ['0', '1', '0.5', '1e-5', '"0"', '0.0']) {
      const entries = new Array(256).fill(entry).join(', ');
      expect(list.test(`[${entries}]`)).toBe(true);
      expect(list.test(`[${entries}, ${entry}]`)).toBe(false);
      expect(list.test(`[${entries}!]`)).toBe(false);
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
