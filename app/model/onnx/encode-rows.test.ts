import { describe, expect, it } from 'vitest';
import { cityHash64 } from '../hash/city-hash-64.js';
import { murmurHash64A } from '../hash/murmur-hash-64a.js';
import { encodeRows } from './encode-rows.js';
import type { ModelSignature } from './signature.js';

const SIGNATURE: ModelSignature = {
  features: [
    { kind: 'text', name: 'plate', index: 0 },
    { kind: 'float', name: 'score', index: 0 },
    { kind: 'categorical', name: 'camera', index: 0 },
    { kind: 'float', name: 'hour', index: 1 },
  ],
  classNames: ['0', '1'],
  dimension: 1,
  link: 'sigmoid',
  textSeeds: ['18446744073709551615'],
  padToken: '-2',
  sourceSha256: '',
  sourceFormat: 'catboost-cbm',
  compilerVersion: '1',
};

const utf8 = new TextEncoder();

function int64s(words: Uint32Array): bigint[] {
  return [...new BigInt64Array(words.buffer, words.byteOffset, words.length / 2)];
}

describe('encoding rows', () => {
  it('rounds numbers to f32 and keeps NaN and infinities', () => {
    const { numeric } = encodeRows(SIGNATURE, [
      ['', 0.1, '', NaN],
      ['', 1e39, '', -Infinity],
    ]);
    expect([...numeric]).toEqual([Math.fround(0.1), NaN, Infinity, -Infinity]);
  });

  it('hashes categories to sign-extended 32 bits', () => {
    const { categoryHash } = encodeRows(SIGNATURE, [
      ['', 0, 'Форсаж', 0],
      ['', 0, 'a', 0],
    ]);
    const low = (text: string): bigint => BigInt.asIntN(32, cityHash64(utf8.encode(text)));
    expect(int64s(categoryHash)).toEqual([low('Форсаж'), low('a')]);
    expect(low('a')).toBeLessThan(0n);
  });

  it("reads values as CatBoost's Python package does", () => {
    const { numeric, categoryHash } = encodeRows(SIGNATURE, [['', '', true, null]]);
    expect([...numeric]).toEqual([NaN, NaN]);
    expect(int64s(categoryHash)).toEqual([BigInt.asIntN(32, cityHash64(utf8.encode('1')))]);
  });

  it('splits texts at single spaces, drops empty tokens and pads to the widest row', () => {
    const { texts } = encodeRows(SIGNATURE, [
      ['  А  B ', 0, '', 0],
      ['', 0, '', 0],
      ['x\ty', 0, '', 0],
    ]);
    const hash = (token: string): bigint =>
      BigInt.asIntN(64, murmurHash64A(utf8.encode(token), 0xffffffffffffffffn));
    expect(texts[0]?.width).toBe(2);
    expect(int64s(texts[0]!.words)).toEqual([hash('А'), hash('B'), -2n, -2n, hash('x\ty'), -2n]);
  });

  it('gives empty texts a width of one', () => {
    expect(encodeRows(SIGNATURE, [['', 0, '', 0]]).texts[0]?.width).toBe(1);
  });

  it('encodes no rows as empty tensors', () => {
    const batch = encodeRows(SIGNATURE, []);
    expect([batch.rows, batch.numeric.length, batch.categoryHash.length]).toEqual([0, 0, 0]);
  });

  it.each([
    ['too few values', ['', 0, ''], /Row 1 has 3 values, expected 4/],
    [
      'a fraction for a category',
      ['', 0, 1.5, 0],
      /Row 1, categorical feature "camera": .*type number/,
    ],
    [
      'a text for a number',
      ['', 'ten', '', 0],
      /Row 1, float feature "score": .*that is no number/,
    ],
    [
      'half a surrogate pair',
      ['\ud83d', 0, '', 0],
      /Row 1, text feature "plate".*unpaired surrogate/,
    ],
  ])('refuses %s and names row and feature', (_, row, message) => {
    const encode = (): unknown => encodeRows(SIGNATURE, [['🚗', 0, '', 0], row]);
    expect(encode).toThrow(message);
    expect(encode).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});
