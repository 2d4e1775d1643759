import { ModelError } from '../errors.js';

const EXTENDED_LENGTH = 0xffffffff;

/**
 * A bounds-checked little-endian view of one section of a model file, and the only class that
 * touches bytes. Each declared length is compared with the bytes that are there before anything is
 * read or allocated. Every failure is a {@link ModelError} `damaged-model` that names the section
 * and the absolute offset.
 */
export class ByteCursor {
  readonly section: string;
  readonly length: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  /** Offset of this section in the file. */
  readonly #base: number;
  #position = 0;

  constructor(bytes: Uint8Array, section: string, base = 0) {
    this.section = section;
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  /** Bytes from the start of the section to the next sequential read. */
  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.length - this.#position;
  }

  /** Throws `damaged-model` at a position of this section (the current one by default). */
  fail(problem: string, position = this.#position): never {
    throw new ModelError(
      'damaged-model',
      `damaged model: ${problem} (section "${this.section}", offset ${this.#base + position}); ` +
        'get the file again from where it was trained',
    );
  }

  /** Throws `damaged-model` unless `count` bytes of `what` lie at `position`. */
  require(position: number, count: number, what: string): void {
    if (position < 0 || count < 0 || position + count > this.length) {
      const there = Math.max(0, this.length - position);
      this.fail(`${what} needs ${count} bytes, ${there} are there`, position);
    }
  }

  u8At(position: number, what: string): number {
    this.require(position, 1, what);
    return this.#view.getUint8(position);
  }

  i8At(position: number, what: string): number {
    this.require(position, 1, what);
    return this.#view.getInt8(position);
  }

  u16At(position: number, what: string): number {
    this.require(position, 2, what);
    return this.#view.getUint16(position, true);
  }

  u32At(position: number, what: string): number {
    this.require(position, 4, what);
    return this.#view.getUint32(position, true);
  }

  i32At(position: number, what: string): number {
    this.require(position, 4, what);
    return this.#view.getInt32(position, true);
  }

  f32At(position: number, what: string): number {
    this.require(position, 4, what);
    return this.#view.getFloat32(position, true);
  }

  f64At(position: number, what: string): number {
    this.require(position, 8, what);
    return this.#view.getFloat64(position, true);
  }

  u64At(position: number, what: string): bigint {
    this.require(position, 8, what);
    return this.#view.getBigUint64(position, true);
  }

  i32ArrayAt(position: number, count: number, what: string): Int32Array {
    this.require(position, 4 * count, what);
    const values = new Int32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getInt32(position + 4 * i, true);
    return values;
  }

  u32ArrayAt(position: number, count: number, what: string): Uint32Array {
    this.require(position, 4 * count, what);
    const values = new Uint32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getUint32(position + 4 * i, true);
    return values;
  }

  f32ArrayAt(position: number, count: number, what: string): Float32Array {
    this.require(position, 4 * count, what);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getFloat32(position + 4 * i, true);
    return values;
  }

  f64ArrayAt(position: number, count: number, what: string): Float64Array {
    this.require(position, 8 * count, what);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getFloat64(position + 8 * i, true);
    return values;
  }

  /** UTF-8 text; a byte order mark stays, ill-formed bytes are damage. */
  textAt(position: number, count: number, what: string): string {
    this.require(position, count, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(position, position + count),
      );
    } catch {
      return this.fail(`${what} is not well-formed UTF-8`, position);
    }
  }

  /** A part of this section under a name of its own; the bytes are shared, not copied. */
  sliceAt(position: number, count: number, section: string): ByteCursor {
    this.require(position, count, section);
    return new ByteCursor(
      this.#bytes.subarray(position, position + count),
      section,
      this.#base + position,
    );
  }

  u8(what: string): number {
    const value = this.u8At(this.#position, what);
    this.#position += 1;
    return value;
  }

  u32(what: string): number {
    const value = this.u32At(this.#position, what);
    this.#position += 4;
    return value;
  }

  f32(what: string): number {
    const value = this.f32At(this.#position, what);
    this.#position += 4;
    return value;
  }

  u64(what: string): bigint {
    const value = this.u64At(this.#position, what);
    this.#position += 8;
    return value;
  }

  /** A u64 that counts bytes: it can be at most what a file could hold. */
  byteCount(what: string): number {
    const value = this.u64At(this.#position, what);
    if (value > BigInt(this.length)) {
      this.fail(`${what} of ${value.toString()} bytes is longer than the section`);
    }
    this.#position += 8;
    return Number(value);
  }

  /** A stream's length: u32, or 0xffffffff and then u64. */
  size(what: string): number {
    const short = this.u32At(this.#position, what);
    if (short !== EXTENDED_LENGTH) {
      this.#position += 4;
      return short;
    }
    const long = this.u64At(this.#position + 4, what);
    if (long > BigInt(this.length)) {
      this.fail(`${what} of ${long.toString()} is more than the section can hold`);
    }
    this.#position += 12;
    return Number(long);
  }

  /** Text whose byte length stands before it as a stream's length. */
  sizedText(what: string): string {
    const count = this.size(what);
    const value = this.textAt(this.#position, count, what);
    this.#position += count;
    return value;
  }

  u32Array(count: number, what: string): Uint32Array {
    const values = this.u32ArrayAt(this.#position, count, what);
    this.#position += 4 * count;
    return values;
  }

  /** The next `count` bytes as a cursor of their own. */
  take(count: number, section: string): ByteCursor {
    const part = this.sliceAt(this.#position, count, section);
    this.#position += count;
    return part;
  }

  /** Fixed bytes: `text` in ASCII, padded with zeros to `count` bytes. */
  expectMagic(text: string, count: number): void {
    this.require(this.#position, count, `mark "${text}"`);
    for (let i = 0; i < count; i++) {
      const expected = i < text.length ? text.charCodeAt(i) : 0;
      if (this.#view.getUint8(this.#position + i) !== expected) {
        this.fail(`the mark "${text}" is not where it belongs`);
      }
    }
    this.#position += count;
  }

  /** Lower-case hex of the next `count` bytes. */
  hex(count: number, what: string): string {
    const value = this.hexAt(this.#position, count, what);
    this.#position += count;
    return value;
  }

  hexAt(position: number, count: number, what: string): string {
    this.require(position, count, what);
    let text = '';
    for (let i = 0; i < count; i++) {
      text += this.#view
        .getUint8(position + i)
        .toString(16)
        .padStart(2, '0');
    }
    return text;
  }

  /** Throws `damaged-model` if bytes are left. */
  expectEnd(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} unknown bytes are left at the end`);
  }
}
