import { describe, expect, it } from 'vitest';
import { READING_FIELDS } from '../plates/reading-fields.js';
import { LINE_BYTES_MAX, readLines } from './read-lines.js';
import { inBatches, readRows } from './read-rows.js';
import type { InputRow, RowOptions } from './row.js';

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

function rowsOf(
  input: string | Uint8Array,
  format: RowOptions['format'],
  options: Omit<Partial<RowOptions>, 'format'> = {},
): Promise<InputRow[]> {
  const chunks = chunked(Buffer.from(input), 7);
  return collect(readRows(chunks, { columns: READING_FIELDS, ...options, format }));
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
      expect.stringMatching(/^the line is not valid UTF-8; .*--encoding windows-1251$/),
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
      { id: '"first"', line: 1, input: { regno_recognize: 'A' } },
      { id: '2', line: 2, input: { a: 1 }, expected: { b: 2 } },
      { id: '0', line: 3, input: '{}' },
    ]);
  });

  it('reports where a line is no JSON, and goes on after it', async () => {
    const rows = await rowsOf('\uFEFF{\n\n[]\nnull\n{"😀":1,}\r\n', 'ndjson');
    const place = (words: string) => `the line is not valid JSON: expected ${words}`;
    expect(rows).toMatchObject([
      { id: '1', fault: place('a name in double quotes or "}" at the end, line 1, column 2') },
      { id: '3', input: [] },
      { id: '4', input: null },
      { id: '5', fault: place('a name in double quotes at line 5, column 8') },
    ]);
  });
});

describe('an id', () => {
  it.each([
    '12345678901234567890',
    '1e400',
    '-0',
    '1.50',
    'true',
    'null',
    '""',
    '{}',
    '[1, {"id": 2}]',
    '"\\ud83d"',
    `"${'😀'.repeat(200)}"`,
    '"a\\"b,}{"',
  ])('of NDJSON is carried as it is written: %s', async (id) => {
    const lines = [
      `{"a":{"id":7},"id": ${id} ,"b":[{"id":8}]}`,
      `{"x":"\\"id\\":9","\\u0069d":${id}}`,
    ];
    const rows = await rowsOf(lines.join('\n'), 'ndjson');
    expect(rows.map((row) => row.id)).toEqual([id, id]);
  });

  it('is the last one of several, as in the row itself', async () => {
    expect(await rowsOf('{"id":1,"id":2}', 'ndjson')).toMatchObject([
      { id: '2', input: { id: 2 } },
    ]);
  });

  it.each(['007', '', '12345678901234567890', 'x'.repeat(300)])(
    'of CSV is the cell as it is written: %j',
    async (id) => {
      const rows = await rowsOf(`id,${HEADER}\n${id},${VALUES}`, 'csv');
      expect(rows.map((row) => row.id)).toEqual([JSON.stringify(id)]);
    },
  );
});

describe('an encoding', () => {
  const text = `${HEADER}\r\n${VALUES}\r\n`;
  const utf16 = (bigEndian: boolean, mark: boolean): Buffer => {
    const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le');
    return bigEndian ? bytes.swap16() : bytes;
  };
  const windows1251 = Buffer.from(
    Array.from(text, (symbol) => {
      const code = symbol.codePointAt(0) ?? 0;
      return code < 0x80 ? code : code - 0x410 + 0xc0;
    }),
  );

  it.each([
    ['utf-16le', utf16(false, true)],
    ['utf-16be', utf16(true, true)],
    ['utf-16le', utf16(false, false)],
    ['utf-16be', utf16(true, false)],
  ])('%s is named where it was not given, and read where it was', async (encoding, bytes) => {
    const message = `the input is ${encoding}, not utf-8; give --encoding ${encoding}`;
    await expect(rowsOf(bytes, 'csv')).rejects.toThrow(message);
    const rows = await rowsOf(bytes, 'csv', { encoding });
    expect(rows).toMatchObject([{ line: 2, input: { camera_type: 'Стационарная' } }]);
  });

  it('windows-1251 is named in each line, and read where it was given', async () => {
    expect(await rowsOf(windows1251, 'csv')).toMatchObject([
      { fault: expect.stringContaining('looks like windows-1251') as string },
    ]);
    const rows = await rowsOf(windows1251, 'csv', { encoding: 'windows-1251' });
    expect(rows).toMatchObject([{ input: { camera_type: 'Стационарная' } }]);
  });

  it('other than the one that was given is refused, and so is what is no text', async () => {
    const read = (bytes: Uint8Array | string, encoding: string) =>
      rowsOf(bytes, 'csv', { encoding });
    expect(await read(text, 'windows-1251')).toMatchObject([
      { fault: 'the line is UTF-8, not windows-1251; leave --encoding out' },
    ]);
    await expect(read(`\uFEFF${HEADER}`, 'koi8-r')).rejects.toThrow('give --encoding utf-8');
    await expect(read(Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'utf-8')).rejects.toThrow('a gzip file');
    await expect(read('PK\u0003\u0004', 'utf-8')).rejects.toThrow('.xlsx');
    await expect(read(Buffer.from([0xcd, 0xee, 0x2c]), 'utf-8')).rejects.toThrow(
      'line 1: the line is not valid UTF-8; it looks like windows-1251',
    );
  });

  it('with half a symbol spoils no more than its line', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"', 'utf16le'),
      Buffer.from([0x3d, 0xd8]),
      Buffer.from('"}\n{"a":1}\n', 'utf16le'),
    ]);
    expect(await rowsOf(bytes, 'ndjson', { encoding: 'utf-16le' })).toMatchObject([
      { fault: 'the line is not valid utf-16le' },
      { input: { a: 1 } },
    ]);
  });
});

describe('decimal commas', () => {
  const columns = [
    { name: 'n', kind: 'number' },
    { name: 'l', kind: 'number-list' },
    { name: 't', kind: 'text' },
  ] as const;

  it.each([
    ['97,3', '97.3'],
    [' -0,5e-3', ' -0.5e-3'],
    ['97', '97'],
    ['0.973', '0.973'],
    ['', ''],
    ['1.234', undefined],
    ['1.234,5', undefined],
    ['1,234,567', undefined],
  ])('of a number: %j becomes %j', async (n, expected) => {
    const rows = await rowsOf(`n;l;t\n${n};;"1,5"\n`, 'csv', { columns, decimalComma: true });
    if (expected === undefined)
      expect(rows).toMatchObject([{ fault: expect.stringMatching(/^n: /) as string }]);
    else expect(rows).toMatchObject([{ input: { n: expected, t: '1,5' } }]);
  });

  it.each([
    ['[0,9; 0,8]', '[0.9, 0.8]'],
    ['[0,9, 0,8]', '[0.9, 0.8]'],
    ['[1, 1,0]', '[1, 1.0]'],
    ['[0.99, 1]', '[0.99, 1]'],
    ['[0.99,1]', '[0.99,1]'],
    ['[]', '[]'],
    ['[0,9,0,8]', undefined],
    ['[0,9, 0.8, 1,2,3]', undefined],
  ])('of a list: %j becomes %j', async (l, expected) => {
    const rows = await rowsOf(`n;l;t\n1;"${l}";\n`, 'csv', { columns, decimalComma: true });
    if (expected === undefined)
      expect(rows).toMatchObject([{ fault: expect.stringMatching(/^l: /) as string }]);
    else expect(rows).toMatchObject([{ input: { l: expected } }]);
  });

  it('stand in texts of NDJSON too, and numbers of JSON have none', async () => {
    const rows = await rowsOf('{"n":"1,5","l":[0.5]}\n{"n":2.5}', 'ndjson', {
      columns,
      decimalComma: true,
    });
    expect(rows).toMatchObject([{ input: { n: '1.5', l: [0.5] } }, { input: { n: 2.5 } }]);
  });
});

describe('readRows of CSV', () => {
  it.each([',', ';', '\t'])('takes columns by name, separated by %j', async (delimiter) => {
    const names = [...NAMES].reverse().concat('id');
    const values = names.map((name) => (name === 'id' ? 'x7' : `value of ${name}`));
    const rows = await rowsOf(`${names.join(delimiter)}\n${values.join(delimiter)}\n`, 'csv');
    expect(rows).toMatchObject([
      { id: '"x7"', line: 2, input: { regno_recognize: 'value of regno_recognize' } },
    ]);
  });

  it.each(['sep=;', 'SEP=;', '"sep=;"', 'sep=;;;;;;;'])(
    'takes the separator of %s',
    async (line) => {
      const values = VALUES.replaceAll('","', '";"');
      const rows = await rowsOf(
        `\uFEFF${line}\r\n${HEADER.replaceAll(',', ';')}\n${values}`,
        'csv',
      );
      expect(rows).toMatchObject([{ line: 3, input: { camera_type: 'Стационарная' } }]);
    },
  );

  it('takes any separator that is named', async () => {
    const rows = await rowsOf('sep=|\na|t\n1,5|"x|y"', 'csv', { columns: [] });
    expect(rows).toMatchObject([{ line: 3, input: { a: '1,5', t: 'x|y' } }]);
  });

  it('refuses columns that stand there twice, by name', async () => {
    const header = `direction,${HEADER},note, note,,`;
    await expect(rowsOf(`${header}\n`, 'csv')).rejects.toThrow(
      'columns of the CSV that stand there twice: "direction", "note"; leave one of each',
    );
    const rows = await rowsOf(`${HEADER},,\n${VALUES},,\n`, 'csv');
    expect(rows).toMatchObject([{ line: 2, input: { direction: '1' } }]);
  });

  it('names line ends that it does not know', async () => {
    await expect(rowsOf(`${HEADER}\r${VALUES}\r`, 'csv')).rejects.toThrow('end in CR alone');
  });

  it('takes columns by their order where it may and their names say nothing', async () => {
    const read = (text: string) =>
      rowsOf(text, 'csv', {
        columns: [
          { name: '0', kind: 'number' },
          { name: '1', kind: 'text' },
        ],
        byPosition: true,
        decimalComma: true,
      });
    expect(await read('a;id;a\n1,5;x;2,5\n')).toMatchObject([{ id: '"x"', input: ['1.5', '2,5'] }]);
    expect(await read('1;0\nb;1,5\n')).toMatchObject([{ input: { 0: '1.5', 1: 'b' } }]);
    await expect(read('1.5;2\n3;4\n')).rejects.toThrow('holds numbers; expected names');
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

  it('takes time linear in the lines of a quoted field', async () => {
    const cpuMicros = async (lines: number): Promise<number> => {
      const value = Array.from({ length: lines }, () => 'x').join('\n');
      const before = process.cpuUsage();
      const chunks = chunked(Buffer.from(`a,b\n1,"${value}"\n3,4\n`), 65_536);
      const rows = await collect(readRows(chunks, { columns: [], format: 'csv' }));
      const { user, system } = process.cpuUsage(before);
      expect(rows).toMatchObject([
        { line: 2, input: { a: '1', b: value } },
        { line: 2 + lines, input: { a: '3' } },
      ]);
      return user + system;
    };
    await cpuMicros(1000);
    const once = await cpuMicros(65_000);
    // Reading each line's row from its start again took ten times as long.
    expect(await cpuMicros(130_000)).toBeLessThan(3 * once + 500_000);
  });

  it('gives a quoted field up where its row becomes too long, and goes on behind its first line', async () => {
    const line = 'x'.repeat(LINE_BYTES_MAX / 2 - 1);
    const fits = await rowsOf(`a,b\n"${line}\n${line}"\n`, 'csv', { columns: [] });
    expect(fits).toMatchObject([{ line: 2, fault: '1 columns; expected 2 as in the header' }]);
    const tooLong = await rowsOf(`a,b\n"${line}\n${line}x"\n1,2\n`, 'csv', { columns: [] });
    expect(tooLong).toMatchObject([
      { line: 2, fault: 'a quoted field is not closed' },
      { line: 3, fault: '1 columns; expected 2 as in the header' },
      { line: 4, input: { a: '1', b: '2' } },
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
