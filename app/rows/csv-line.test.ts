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
    expect(splitCsvLine('a,"b', ',')).toEqual({ kind: 'open-quote' });
    expect(splitCsvLine('a,"b""', ',')).toEqual({ kind: 'open-quote' });
    expect(splitCsvLine('a,"b"c,d', ',')).toMatchObject({ kind: 'malformed' });
  });

  it('reads back what csvField writes', () => {
    const fields = ['plain', 'a,b', 'a "b"', 'line\nbreak', '', '7'];
    expect(splitCsvLine(fields.map(csvField).join(','), ',')).toEqual({ kind: 'fields', fields });
  });
});
