import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePlace, findJsonFault } from './json-fault.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault', () => {
  it.each([
    ['', 0, 'a JSON value'],
    [' ', 1, 'a JSON value'],
    ['{"a":1', 6, '"," or "}"'],
    ['{"a":1,}', 7, 'a name in double quotes'],
    ['{"a" 1}', 5, '":" after a name'],
    ["{'a':1}", 1, 'a name in double quotes or "}"'],
    ['{a:1}', 1, 'a name in double quotes or "}"'],
    ['[1,]', 3, 'a JSON value'],
    ['[', 1, 'a JSON value or "]"'],
    ['[1 2]', 3, '"," or "]"'],
    ['[1}', 2, '"," or "]"'],
    ['{"a":NaN}', 5, 'a JSON value'],
    ['{"a":-Infinity}', 5, 'a JSON value'],
    ['[01]', 2, '"," or "]"'],
    ['[1.]', 2, '"," or "]"'],
    ['[.5]', 1, 'a JSON value or "]"'],
    ['{}{}', 2, 'the end after the JSON value'],
    ['{} // done', 3, 'the end after the JSON value'],
    ['"a', 2, 'a double quote that ends the string'],
    ['"a\nb"', 2, 'no control character within a string'],
    ['"a\0b"', 2, 'no control character within a string'],
    ['"\\x"', 1, 'an escape sequence of JSON'],
    ['"\\u12g4"', 1, 'an escape sequence of JSON'],
    ['\ufeff{}', 0, 'a JSON value'],
    ['\u00a0{}', 0, 'a JSON value'],
    ['tru', 0, 'a JSON value'],
    ['nulll', 4, 'the end after the JSON value'],
  ])('of %j is at %d', (text, index, expected) => {
    expect(findJsonFault(text)).toEqual({ index, expected });
  });

  it('is there exactly where JSON.parse refuses the text', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"\\', 'u00', '0', '1', '-', '.', 'e', '+'],
      ...['true', 'null', ' ', '\n', '\t', '\0', 'а', '😀', '\ud800', '\ufeff', '\u2028', "'"],
    );
    const soup = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const damaged = fc.tuple(fc.json(), fc.nat(), fc.nat(3), piece).map(([json, at, cut, put]) => {
      const index = at % (json.length + 1);
      return json.slice(0, index) + put + json.slice(index + cut);
    });
    fc.assert(
      fc.property(fc.oneof(soup, damaged, fc.json(), fc.string()), (text) => {
        const fault = findJsonFault(text);
        expect(fault === undefined).toBe(isJson(text));
        if (fault === undefined) return;
        // What comes before the place has no fault of its own but that it ends there.
        const before = text.slice(0, fault.index);
        expect(findJsonFault(before)?.index ?? before.length).toBe(before.length);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is found at any depth and in a long text, in no time', () => {
    expect(findJsonFault('['.repeat(1_000_000))?.index).toBe(1_000_000);
    expect(findJsonFault('{"a":'.repeat(200_000))?.index).toBe(1_000_000);
    expect(findJsonFault(`"${'x'.repeat(1_000_000)}`)?.index).toBe(1_000_001);
    expect(findJsonFault(`"${'\\n'.repeat(500_000)}`)?.index).toBe(1_000_001);
    expect(findJsonFault(`[${' '.repeat(1_000_000)}`)?.index).toBe(1_000_001);
  });
});

describe('describePlace', () => {
  it.each([
    ['abc', 2, 0, 'byte offset 2 (line 1, column 3)'],
    ['a\nbc', 3, 0, 'byte offset 3 (line 2, column 2)'],
    ['a\r\nb', 3, 0, 'byte offset 3 (line 2, column 1)'],
    ['Ата€', 4, 0, 'byte offset 9 (line 1, column 5)'],
    ['😀x', 2, 0, 'byte offset 4 (line 1, column 2)'],
    ['x', 0, 3, 'byte offset 3 (line 1, column 1)'],
  ])('counts bytes, lines and characters of %j before %d', (text, index, before, words) => {
    expect(describePlace(text, index, before)).toBe(words);
  });

  it('counts the bytes that UTF-8 has', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', 'я', '€', '😀') }), (text) => {
        const bytes = new TextEncoder().encode(text).length;
        expect(describePlace(text, text.length)).toMatch(new RegExp(`^byte offset ${bytes} `));
      }),
    );
  });
});
