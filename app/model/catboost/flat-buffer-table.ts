import type { ByteCursor } from './byte-cursor.js';

/**
 * Tables, vectors and strings of an honest FlatBuffer do not overlap, so together they are no longer
 * than the buffer. A hostile one may refer to the same bytes over and over, and this factor, which
 * leaves room for a writer that shares equal strings, is where that ends.
 */
const SHARING_MAX = 2;

/**
 * One table of a FlatBuffer: fields by id, defaults where a field is absent. Positions, vtables and
 * counts are checked on every access, and all that is read through one root together stays within a
 * fixed multiple of the buffer, so that reading ends in bounded time and memory whatever the offsets
 * say.
 *
 * Failures are `damaged-model` with the name of the field.
 */
export class FlatBufferTable {
  readonly #cursor: ByteCursor;
  readonly #budget: { bytes: number };
  readonly #table: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;
  readonly #tableBytes: number;

  /** The root table of the FlatBuffer that fills `cursor`. */
  static root(cursor: ByteCursor): FlatBufferTable {
    const budget = { bytes: SHARING_MAX * cursor.length };
    return new FlatBufferTable(cursor, cursor.u32At(0, 'root offset'), budget);
  }

  private constructor(cursor: ByteCursor, table: number, budget: { bytes: number }) {
    this.#cursor = cursor;
    this.#budget = budget;
    this.#table = table;
    this.#vtable = table - cursor.i32At(table, 'table');
    this.#vtableBytes = cursor.u16At(this.#vtable, 'vtable');
    this.#tableBytes = cursor.u16At(this.#vtable + 2, 'vtable');
    if (this.#vtableBytes < 4 || this.#vtableBytes % 2 !== 0) {
      cursor.fail(`a vtable of ${this.#vtableBytes} bytes`, this.#vtable);
    }
    cursor.require(this.#vtable, this.#vtableBytes, 'vtable');
    cursor.require(table, this.#tableBytes, 'table');
    this.#charge(this.#tableBytes, 'a table');
  }

  /** Throws `damaged-model` at this table. */
  fail(problem: string): never {
    return this.#cursor.fail(problem, this.#table);
  }

  bool(id: number, name: string, absent: boolean): boolean {
    const position = this.#inline(id, 1, name);
    return position === undefined ? absent : this.#cursor.u8At(position, name) !== 0;
  }

  i8(id: number, name: string, absent: number): number {
    const position = this.#inline(id, 1, name);
    return position === undefined ? absent : this.#cursor.i8At(position, name);
  }

  i32(id: number, name: string, absent: number): number {
    const position = this.#inline(id, 4, name);
    return position === undefined ? absent : this.#cursor.i32At(position, name);
  }

  u32(id: number, name: string, absent: number): number {
    const position = this.#inline(id, 4, name);
    return position === undefined ? absent : this.#cursor.u32At(position, name);
  }

  u64(id: number, name: string): bigint {
    const position = this.#inline(id, 8, name);
    return position === undefined ? 0n : this.#cursor.u64At(position, name);
  }

  f32(id: number, name: string, absent: number): number {
    const position = this.#inline(id, 4, name);
    return position === undefined ? absent : this.#cursor.f32At(position, name);
  }

  f64(id: number, name: string, absent: number): number {
    const position = this.#inline(id, 8, name);
    return position === undefined ? absent : this.#cursor.f64At(position, name);
  }

  /** A 16-byte guid as hex, undefined where absent. */
  guid(id: number, name: string): string | undefined {
    const position = this.#inline(id, 16, name);
    return position === undefined ? undefined : this.#cursor.hexAt(position, 16, name);
  }

  string(id: number, name: string): string | undefined {
    const position = this.#referred(id, name);
    return position === undefined ? undefined : this.#stringAt(position, name);
  }

  table(id: number, name: string): FlatBufferTable | undefined {
    const position = this.#referred(id, name);
    return position === undefined ? undefined : this.#tableAt(position);
  }

  strings(id: number, name: string): string[] {
    return this.#references(id, name).map((position) => this.#stringAt(position, name));
  }

  tables(id: number, name: string): FlatBufferTable[] {
    return this.#references(id, name).map((position) => this.#tableAt(position));
  }

  i32s(id: number, name: string): Int32Array {
    const { position, count } = this.#vector(id, 4, name);
    return this.#cursor.i32ArrayAt(position, count, name);
  }

  u32s(id: number, name: string): Uint32Array {
    const { position, count } = this.#vector(id, 4, name);
    return this.#cursor.u32ArrayAt(position, count, name);
  }

  f32s(id: number, name: string): Float32Array {
    const { position, count } = this.#vector(id, 4, name);
    return this.#cursor.f32ArrayAt(position, count, name);
  }

  f64s(id: number, name: string): Float64Array {
    const { position, count } = this.#vector(id, 8, name);
    return this.#cursor.f64ArrayAt(position, count, name);
  }

  u64s(id: number, name: string): bigint[] {
    return this.structs(id, 8, name, (cursor, position) => cursor.u64At(position, name));
  }

  /** The vector's bytes as a cursor of their own. */
  bytes(id: number, name: string): ByteCursor {
    const { position, count } = this.#vector(id, 1, name);
    return this.#cursor.sliceAt(position, count, `${this.#cursor.section}: ${name}`);
  }

  /** A vector of inline structs of `size` bytes, each read by `read`. */
  structs<T>(
    id: number,
    size: number,
    name: string,
    read: (cursor: ByteCursor, position: number) => T,
  ): T[] {
    const { position, count } = this.#vector(id, size, name);
    return Array.from({ length: count }, (_, i) => read(this.#cursor, position + i * size));
  }

  /** How many elements a vector declares; 0 where absent. */
  count(id: number, name: string): number {
    const position = this.#referred(id, name);
    return position === undefined ? 0 : this.#cursor.u32At(position, name);
  }

  #inline(id: number, size: number, name: string): number | undefined {
    const slot = 4 + 2 * id;
    if (slot + 2 > this.#vtableBytes) return undefined;
    const offset = this.#cursor.u16At(this.#vtable + slot, name);
    if (offset === 0) return undefined;
    if (offset + size > this.#tableBytes) this.fail(`${name} lies outside its table`);
    return this.#table + offset;
  }

  #referred(id: number, name: string): number | undefined {
    const position = this.#inline(id, 4, name);
    return position === undefined ? undefined : this.#follow(position, name);
  }

  #follow(position: number, name: string): number {
    const target = position + this.#cursor.u32At(position, name);
    this.#cursor.require(target, 4, name);
    return target;
  }

  #vector(id: number, size: number, name: string): { position: number; count: number } {
    const start = this.#referred(id, name);
    if (start === undefined) return { position: 0, count: 0 };
    const count = this.#cursor.u32At(start, name);
    this.#cursor.require(start + 4, count * size, name);
    this.#charge(count * size, name);
    return { position: start + 4, count };
  }

  #references(id: number, name: string): number[] {
    const { position, count } = this.#vector(id, 4, name);
    return Array.from({ length: count }, (_, i) => this.#follow(position + 4 * i, name));
  }

  #stringAt(position: number, name: string): string {
    const count = this.#cursor.u32At(position, name);
    this.#cursor.require(position + 4, count, name);
    this.#charge(count, name);
    return this.#cursor.textAt(position + 4, count, name);
  }

  #tableAt(position: number): FlatBufferTable {
    return new FlatBufferTable(this.#cursor, position, this.#budget);
  }

  #charge(bytes: number, name: string): void {
    this.#budget.bytes -= bytes;
    if (this.#budget.bytes < 0) this.fail(`${name} shares its bytes with too many others`);
  }
}
