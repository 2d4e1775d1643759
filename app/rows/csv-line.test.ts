import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvField, splitCsvLine } from './csv-line.js';

describe('splitCsvLine', () => {
  it.each([
    ['', ['']],
    ['a,b', ['a', 'b']],
    ['a,,', ['a', '', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a ""b""",""', ['a "b"', '']],
    ['""""', ['"']],
    ['a"b,c', ['a"b', 'c']],
    ['"a\nb",c', ['a\nb', 'c']],
  ])('splits %j', (line, fields) => {
    expect(splitCsvLine(line, ',')).toEqual({ kind: 'fields', fields });
  });

  it('tells a field that goes on from one that is broken', () => {
    expect(splitCsvLine('a,"b', ',')).toMatchObject({ kind: 'open-quote' });
    expect(splitCsvLine('a,"b""', ',')).toMatchObject({ kind: 'open-quote' });
    expect(splitCsvLine('a,"b"c,d', ',')).toMatchObject({ kind: 'malformed' });
  });

  it('goes on from line to line as if it had read all of them at once', () => {
    const part = fc.constantFrom('"', '"', ',', '\n', 'a');
    fc.assert(
      fc.property(fc.string({ unit: part, maxLength: 20 }), (text) => {
        const [first = '', ...others] = text.split('\n');
        let split = splitCsvLine(first, ',');
        const taken = [first];
        for (const line of others) {
          if (split.kind !== 'open-quote') break;
          split = splitCsvLine(line, ',', split);
          taken.push(line);
        }
        expect(split).toEqual(splitCsvLine(taken.join('\n'), ','));
      }),
    );
  });

  it('reads back what csvField writes', () => {
    const fields = ['plain', 'a,b', 'a "b"', 'line\nbreak', '', '7'];
    expect(splitCsvLine(fields.map(csvField).join(','), ',')).toEqual({ kind: 'fields', fields });
  });
});

describe('csvField', () => {
  it.each([
    ['=cmd|"/C calc"!A0', `"'=cmd|""/C calc""!A0"`],
    ['+1+1', `"'+1+1"`],
    ['-2+3', `"'-2+3"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['＝1+1', `"'＝1+1"`],
    ["'=1", `"''=1"`],
    ['a;=1', '"a;=1"'],
    ["'quoted'", "'quoted'"],
    ['-5', '-5'],
    ['+79991234567', '+79991234567'],
    ['-1.5e-3', '-1.5e-3'],
  ])('leaves no formula: %j', (text, field) => {
    expect(csvField(text)).toBe(field);
  });

  it('writes numbers as they are', () => {
    expect([-0.5, 1e-7].map(csvField)).toEqual(['-0.5', '1e-7']);
  });

  it('lets every text be had back by dropping the apostrophe before a start of a formula', () => {
    const part = fc.constantFrom("'", '=', '-', '+', '@', '\t', '\r', '\n', '"', ',', 'a', '1');
    fc.assert(
      fc.property(fc.string({ unit: part, maxLength: 6 }), (text) => {
        const split = splitCsvLine(`${csvField(text)},`, ',');
        const [cell = ''] = split.kind === 'fields' ? split.fields : [];
        expect(cell).not.toMatch(/^[=@\t\r\n]|^[+-][^\d]/);
        expect(/^''*[=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell).toBe(text);
      }),
    );
  });
});
