import { describe, expect, it } from 'vitest';
import { READING_FIELDS } from '../model/features/reading-fields.js';
import { LINE_BYTES_MAX, readLines } from './read-lines.js';
import { inBatches, readRows, type InputRow } from './read-rows.js';
import type { RowFormat } from './row-format.js';

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function rowsOf(text: string, format: RowFormat, chunkBytes = 7): Promise<InputRow[]> {
  return collect(readRows(chunked(Buffer.from(text), chunkBytes), { format, columns: NAMES }));
}

const NAMES: readonly string[] = READING_FIELDS.map(({ name }) => name);
const HEADER = NAMES.join(',');
const VALUES = READING_FIELDS.map(({ example }) => `"${String(example)}"`).join(',');

describe('readLines', () => {
  it.each([1, 2, 3, 64])('splits alike in chunks of %i bytes', async (size) => {
    const bytes = Buffer.from('\uFEFFА1\r\n\n  \nб "2"\nlast');
    const lines = await collect(readLines(chunked(bytes, size)));
    expect(lines.map(({ number, text }) => [number, text])).toEqual([
      [1, 'А1'],
      [4, 'б "2"'],
      [5, 'last'],
    ]);
    expect(lines.at(-1)?.bytesRead).toBe(bytes.length);
  });

  it('skips over a line that is too long or no UTF-8, and says so', async () => {
    const bytes = Buffer.concat([
      Buffer.alloc(LINE_BYTES_MAX + 1, 'x'),
      Buffer.from('\nok\n'),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.alloc(LINE_BYTES_MAX, 'y'),
    ]);
    const lines = await collect(readLines(chunked(bytes, 50_000)));
    expect(lines.map(({ fault, text }) => fault ?? text?.slice(0, 2))).toEqual([
      expect.stringContaining('too long'),
      'ok',
      'the line is not valid UTF-8',
      'yy',
    ]);
  });
});

describe('readRows of NDJSON', () => {
  it('takes the fields themselves or an input beside an id and an expected answer', async () => {
    const rows = await rowsOf(
      '{"regno_recognize":"A","id":"first"}\n{"input":{"a":1},"expected":{"b":2}}\n{"id":0,"input":"{}"}\n',
      'ndjson',
    );
    expect(rows).toMatchObject([
      { id: 'first', line: 1, input: { regno_recognize: 'A' } },
      { id: 2, line: 2, input: { a: 1 }, expected: { b: 2 } },
      { id: 0, line: 3, input: '{}' },
    ]);
  });

  it('goes on after a line that is no JSON', async () => {
    const rows = await rowsOf('{\n[]\nnull\n', 'ndjson');
    expect(rows).toMatchObject([
      { id: 1, fault: 'the line is not valid JSON' },
      { id: 2, input: [] },
      { id: 3, input: null },
    ]);
  });
});

describe('readRows of CSV', () => {
  it.each([',', ';', '\t'])('takes columns by name, separated by %j', async (delimiter) => {
    const names = [...NAMES].reverse().concat('id');
    const values = names.map((name) => (name === 'id' ? 'x7' : `value of ${name}`));
    const rows = await rowsOf(`${names.join(delimiter)}\n${values.join(delimiter)}\n`, 'csv');
    expect(rows).toMatchObject([
      { id: 'x7', line: 2, input: { regno_recognize: 'value of regno_recognize' } },
    ]);
  });

  it('refuses a header without the ten fields', async () => {
    await expect(rowsOf('regno_recognize,direction\n1,2\n', 'csv')).rejects.toThrow(
      /missing: afts_regno_ai,/,
    );
  });

  it('loses no more than its own line to a stray quote, a missing or a superfluous column', async () => {
    const text = [HEADER, VALUES, '"А1,"2', `"${VALUES}`, 'a,b', `${VALUES},more`, '"x', VALUES];
    const rows = await rowsOf(text.join('\n'), 'csv');
    expect(rows.map((row) => [row.line, row.fault === undefined])).toEqual([
      [2, true],
      [3, false],
      [4, false],
      [5, false],
      [6, false],
      [7, false],
      [8, true],
    ]);
  });

  it('joins lines where a quoted field holds a line break', async () => {
    const split = VALUES.replace('Стационарная', 'Стацио\nнарная');
    const rows = await rowsOf(`${HEADER}\n${split}\n${VALUES}`, 'csv');
    expect(rows).toMatchObject([
      { line: 2, input: { camera_type: 'Стацио\nнарная' } },
      { line: 4, input: { camera_type: 'Стационарная' } },
    ]);
  });

  it('reads nothing from nothing', async () => {
    expect(await rowsOf('', 'csv')).toEqual([]);
    expect(await rowsOf('', 'ndjson')).toEqual([]);
  });
});

describe('inBatches', () => {
  it('groups without losing or mixing', async () => {
    const numbers = rowsOf('1\n2\n3\n4\n5\n', 'ndjson');
    async function* each() {
      yield* await numbers;
    }
    const batches = await collect(inBatches(each(), 2));
    expect(batches.map((batch) => batch.map(({ line }) => line))).toEqual([[1, 2], [3, 4], [5]]);
  });
});
