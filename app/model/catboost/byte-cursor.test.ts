import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import { ByteCursor } from './byte-cursor.js';

function cursor(...bytes: number[]): ByteCursor {
  return new ByteCursor(Uint8Array.from(bytes), 'sample', 100);
}

describe('ByteCursor', () => {
  it('reads little-endian numbers one after the other', () => {
    const bytes = new DataView(new ArrayBuffer(17));
    bytes.setUint8(0, 200);
    bytes.setUint32(1, 0xfedcba98, true);
    bytes.setFloat32(5, 1.5, true);
    bytes.setBigUint64(9, 0xfedcba9876543210n, true);
    const sample = new ByteCursor(new Uint8Array(bytes.buffer), 'sample');
    expect(sample.u8('a')).toBe(200);
    expect(sample.u32('b')).toBe(0xfedcba98);
    expect(sample.f32('c')).toBe(1.5);
    expect(sample.u64('d')).toBe(0xfedcba9876543210n);
    expect(sample.remaining).toBe(0);
  });

  it('reads a view that does not start at the beginning of its buffer', () => {
    const bytes = Uint8Array.of(9, 9, 1, 0, 0, 0).subarray(2);
    expect(new ByteCursor(bytes, 'sample').u32('number')).toBe(1);
  });

  it('names section, absolute offset and what was missing', () => {
    const sample = cursor(1, 2, 3);
    sample.u8('first');
    expect(() => sample.u32('the count')).toThrow(
      /the count needs 4 bytes, 2 are there \(section "sample", offset 101\)/,
    );
  });

  it('fails with the code damaged-model', () => {
    const error = catchError(() => cursor().u8('x'));
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).code).toBe('damaged-model');
  });

  it.each([
    ['u8At', (c: ByteCursor, at: number) => c.u8At(at, 'x'), 1],
    ['i8At', (c: ByteCursor, at: number) => c.i8At(at, 'x'), 1],
    ['u16At', (c: ByteCursor, at: number) => c.u16At(at, 'x'), 2],
    ['u32At', (c: ByteCursor, at: number) => c.u32At(at, 'x'), 4],
    ['i32At', (c: ByteCursor, at: number) => c.i32At(at, 'x'), 4],
    ['f32At', (c: ByteCursor, at: number) => c.f32At(at, 'x'), 4],
    ['f64At', (c: ByteCursor, at: number) => c.f64At(at, 'x'), 8],
    ['u64At', (c: ByteCursor, at: number) => c.u64At(at, 'x'), 8],
  ] as const)('%s reads up to the last byte and not beyond', (_, read, size) => {
    const sample = new ByteCursor(new Uint8Array(16), 'sample');
    expect(Number(read(sample, 16 - size))).toBe(0);
    for (const position of [16 - size + 1, 16, 2 ** 32, 2 ** 40, -1]) {
      expect(() => read(sample, position)).toThrow(ModelError);
    }
  });

  it.each([
    ['i32ArrayAt', (c: ByteCursor, count: number) => c.i32ArrayAt(0, count, 'x')],
    ['u32ArrayAt', (c: ByteCursor, count: number) => c.u32ArrayAt(0, count, 'x')],
    ['f32ArrayAt', (c: ByteCursor, count: number) => c.f32ArrayAt(0, count, 'x')],
    ['f64ArrayAt', (c: ByteCursor, count: number) => c.f64ArrayAt(0, count, 'x')],
    ['textAt', (c: ByteCursor, count: number) => c.textAt(0, count, 'x')],
    ['hexAt', (c: ByteCursor, count: number) => c.hexAt(0, count, 'x')],
    ['sliceAt', (c: ByteCursor, count: number) => c.sliceAt(0, count, 'x')],
  ] as const)('%s refuses hostile counts before it allocates', (_, read) => {
    const sample = new ByteCursor(new Uint8Array(16), 'sample');
    for (const count of [17, 0x7fffffff, 0xffffffff]) {
      expect(() => read(sample, count)).toThrow(ModelError);
    }
    expect(read(sample, 2).length).toBeGreaterThan(0);
  });

  it('reads a stream length in four bytes, or in twelve after 0xffffffff', () => {
    const short = cursor(2, 0, 0, 0, 7, 7);
    expect([short.size('n'), short.position]).toEqual([2, 4]);
    const long = cursor(255, 255, 255, 255, 3, 0, 0, 0, 0, 0, 0, 0);
    expect([long.size('n'), long.position]).toEqual([3, 12]);
  });

  it('refuses lengths in 64 bits that no section of this size can hold', () => {
    const bytes = [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127];
    expect(() => cursor(...bytes).size('n')).toThrow(/n of \d+ is more than/);
    expect(() => cursor(...bytes).byteCount('n')).toThrow(/n of \d+ bytes is longer than/);
    expect(cursor(3, 0, 0, 0, 0, 0, 0, 0).byteCount('n')).toBe(3);
  });

  it('keeps a byte order mark and refuses ill-formed UTF-8', () => {
    expect(cursor(0xef, 0xbb, 0xbf, 0x41).textAt(0, 4, 'name')).toBe('\ufeffA');
    expect(() => cursor(0xc3, 0x28).textAt(0, 2, 'name')).toThrow(/name is not well-formed/);
    expect(cursor(2, 0, 0, 0, 0xd0, 0x90).sizedText('name')).toBe('А');
  });

  it('takes a part under its own name, with absolute offsets and its own end', () => {
    const file = cursor(0, 1, 2, 3, 4);
    file.u8('skipped');
    const part = file.take(2, 'part');
    expect(file.position).toBe(3);
    expect(part.u8('one')).toBe(1);
    expect(() => part.expectEnd()).toThrow(/1 unknown bytes .*"part", offset 102/);
    part.u8('two');
    part.expectEnd();
    expect(() => part.u8('three')).toThrow(/section "part", offset 103/);
  });

  it('expects marks with their padding', () => {
    cursor(0x41, 0x42, 0, 0).expectMagic('AB', 4);
    expect(() => cursor(0x41, 0x42, 0, 1).expectMagic('AB', 4)).toThrow(/the mark "AB"/);
    expect(() => cursor(0x41).expectMagic('AB', 4)).toThrow(ModelError);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
