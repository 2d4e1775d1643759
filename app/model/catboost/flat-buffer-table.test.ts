import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import { ByteCursor } from './byte-cursor.js';
import { FlatBufferTable } from './flat-buffer-table.js';

/**
 * A buffer of one table at 16 with the vtable at 4: field 0 an i32 (-5), field 1 an offset to
 * whatever stands at 32, field 2 absent, field 3 a bool.
 */
function sample(tail: readonly number[] = [0, 0, 0, 0]): DataView {
  const view = new DataView(new ArrayBuffer(32 + tail.length));
  view.setUint32(0, 16, true);
  view.setUint16(4, 12, true);
  view.setUint16(6, 13, true);
  view.setUint16(8, 4, true);
  view.setUint16(10, 8, true);
  view.setUint16(14, 12, true);
  view.setInt32(16, 12, true);
  view.setInt32(20, -5, true);
  view.setUint32(24, 8, true);
  view.setUint8(28, 1);
  tail.forEach((byte, i) => view.setUint8(32 + i, byte));
  return view;
}

function root(view: DataView): FlatBufferTable {
  return FlatBufferTable.root(new ByteCursor(new Uint8Array(view.buffer), 'sample'));
}

describe('FlatBufferTable', () => {
  it('reads fields in place and gives defaults for absent ones', () => {
    const table = root(sample());
    expect(table.i32(0, 'a', 7)).toBe(-5);
    expect(table.i32(2, 'c', 7)).toBe(7);
    expect(table.bool(3, 'd', false)).toBe(true);
    expect(table.bool(9, 'beyond the vtable', true)).toBe(true);
    expect([table.f32(2, 'c', 1), table.f64(2, 'c', 2), table.u64(2, 'c')]).toEqual([1, 2, 0n]);
    expect([table.string(2, 'c'), table.table(2, 'c'), table.guid(2, 'c')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([table.i32s(2, 'c').length, table.count(2, 'c'), table.strings(2, 'c')]).toEqual([
      0,
      0,
      [],
    ]);
  });

  it('follows offsets to strings and vectors', () => {
    expect(root(sample([2, 0, 0, 0, 0xd0, 0x90])).string(1, 'b')).toBe('А');
    const vector = root(sample([2, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255]));
    expect([...vector.i32s(1, 'b')]).toEqual([1, -1]);
    expect([...vector.u32s(1, 'b')]).toEqual([1, 0xffffffff]);
    expect(vector.count(1, 'b')).toBe(2);
  });

  it('reads vectors of strings and of structs', () => {
    const strings = root(sample([1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0x41]));
    expect(strings.strings(1, 'b')).toEqual(['A']);
    const structs = root(sample([1, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]));
    const read = structs.structs(1, 8, 'b', (cursor, at) => [
      cursor.i32At(at, 'x'),
      cursor.i32At(at + 4, 'y'),
    ]);
    expect(read).toEqual([[3, 4]]);
  });

  it.each([
    ['a root beyond the buffer', (v: DataView) => v.setUint32(0, 0xffffffff, true)],
    ['a vtable before the buffer', (v: DataView) => v.setInt32(16, 1000, true)],
    ['a vtable behind the buffer', (v: DataView) => v.setInt32(16, -1000, true)],
    ['a vtable of no fields at all', (v: DataView) => v.setUint16(4, 2, true)],
    ['a vtable of an odd length', (v: DataView) => v.setUint16(4, 11, true)],
    ['a vtable longer than the buffer', (v: DataView) => v.setUint16(4, 0xfffe, true)],
    ['a table longer than the buffer', (v: DataView) => v.setUint16(6, 0xffff, true)],
    ['a field outside its table', (v: DataView) => v.setUint16(8, 12, true)],
  ])('refuses %s', (_, spoil) => {
    const view = sample();
    spoil(view);
    expect(() => root(view).i32(0, 'a', 0)).toThrow(ModelError);
  });

  it.each([
    ['an offset beyond the buffer', (v: DataView) => v.setUint32(24, 0xffffffff, true)],
    ['a count beyond the buffer', (v: DataView) => v.setUint32(32, 0xffffffff, true)],
    ['a count that wraps in 32 bits', (v: DataView) => v.setUint32(32, 0x40000001, true)],
  ])('refuses %s, naming the field', (_, spoil) => {
    const view = sample([1, 0, 0, 0, 0, 0, 0, 0]);
    spoil(view);
    for (const read of [
      (t: FlatBufferTable) => t.i32s(1, 'Splits'),
      (t: FlatBufferTable) => t.f64s(1, 'Splits'),
      (t: FlatBufferTable) => t.strings(1, 'Splits'),
      (t: FlatBufferTable) => t.tables(1, 'Splits'),
      (t: FlatBufferTable) => t.bytes(1, 'Splits'),
    ]) {
      expect(() => read(root(view))).toThrow(/Splits needs \d+ bytes, \d+ are there/);
    }
  });

  it('does not read the same bytes over and over for a small hostile buffer', () => {
    const view = sample([4, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    const table = root(view);
    expect(() => {
      for (let i = 0; i < 1000; i++) table.i32s(1, 'Borders');
    }).toThrow(/Borders shares its bytes with too many others/);
  });

  it('ends on a table that refers to itself', () => {
    const view = sample();
    // The field at 24 leads back to the table at 16 only by a step of 2^32 - 8, which is refused.
    view.setUint32(24, 2 ** 32 - 8, true);
    expect(() => root(view).table(1, 'Loop')).toThrow(/Loop needs/);
  });
});
