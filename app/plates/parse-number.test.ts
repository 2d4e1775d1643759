import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseNumber, parseNumberList } from './parse-number.js';

const LIMITS = { unitsMax: 100, entriesMax: 4 };

describe('parseNumber', () => {
  it.each<readonly [unknown, number]>([
    [0, 0],
    [-1.5, -1.5],
    ['6.4', 6.4],
    ['1', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['+1', 1],
    ['-0.25', -0.25],
    ['007', 7],
    ['1e-05', 1e-5],
    ['1E+2', 100],
    [' 6.4\n', 6.4],
    ['1e-400', 0],
    ['0.1000000000000000055511151231257827021181583404541015625', 0.1],
  ])('takes %j', (value, number) => {
    expect(parseNumber(value, 100)).toBe(number);
  });

  it.each<unknown>([
    '',
    ' ',
    '.',
    'e5',
    '1e',
    '+-1',
    '0x10',
    '0b1',
    '1_000',
    '1,5',
    '1 2',
    'nan',
    'NaN',
    'inf',
    '-Infinity',
    '1e400',
    '٣',
    '\u00a01',
    '1n',
    '1'.repeat(101),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    false,
    null,
    undefined,
    [],
    [1],
    {},
    1n,
  ])('refuses %s', (value) => {
    expect(parseNumber(value, 100)).toBeUndefined();
  });

  it('reads every double back from its shortest text, bit for bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseNumber(String(value), 100)).toBe(value === 0 ? 0 : value);
        expect(parseNumberList(`[${value}]`, LIMITS)).toEqual([value === 0 ? 0 : value]);
      }),
    );
  });
});

describe('parseNumberList', () => {
  it.each<readonly [unknown, readonly number[]]>([
    [[], [0]],
    ['[]', [0]],
    [' [ ] ', [0]],
    [
      [0.5, 1],
      [0.5, 1],
    ],
    [
      ['0.5', 1],
      [0.5, 1],
    ],
    ['[0.99, 0.5]', [0.99, 0.5]],
    ['[ 0.99 , 1e-05 ]', [0.99, 1e-5]],
    ['["0.99", 1]', [0.99, 1]],
    ['[1., .5, +2, 007]', [1, 0.5, 2, 7]],
    ['[0.9,]', [0.9]],
    ['[1,2,3,4]', [1, 2, 3, 4]],
    ['[1.,2.,3.,4.,]', [1, 2, 3, 4]],
  ])('takes %j', (value, list) => {
    expect(parseNumberList(value, LIMITS)).toEqual(list);
  });

  it.each<unknown>([
    '',
    '0.9',
    '0.9, 0.8',
    '[0.9',
    '0.9]',
    '[,]',
    '[0.9,,0.8]',
    '[,0.9]',
    '[0.9 0.8]',
    '[0.9;0.8]',
    '[NaN]',
    '[nan, 1.]',
    '[Infinity]',
    '[1e400]',
    '[0x10]',
    '[null]',
    '[true]',
    '[[0.9]]',
    '[[0.9],]',
    '{"0": 1}',
    'null',
    '"[0.9]"',
    '[1,2,3,4,5]',
    '[1.,2.,3.,4.,5.]',
    '[1.,2.,3.,4.,,]',
    `[${' '.repeat(100)}]`,
    [1, 2, 3, 4, 5],
    [null],
    [true],
    [[1]],
    ['nan'],
    [Number.NaN],
    {},
    { length: 1, 0: 1 },
    0.9,
    true,
    null,
    undefined,
  ])('refuses %j', (value) => {
    expect(parseNumberList(value, LIMITS)).toBeUndefined();
  });
});
