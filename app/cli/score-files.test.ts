import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GOLDEN, runRegno } from './testing/run-regno.js';

interface Golden {
  readonly input: Readonly<Record<string, string | number>>;
  readonly expected: { readonly positive: number };
}

const [row] = readFileSync(GOLDEN, 'utf8')
  .split('\n', 1)
  .map((line) => JSON.parse(line) as Golden) as [Golden];
const names = Object.keys(row.input);

const folder = mkdtempSync(join(tmpdir(), 'regno-score-'));
afterAll(() => rmSync(folder, { recursive: true }));

function firstAnswer(stdout: string): { readonly positive: number; readonly error: string } {
  return JSON.parse(stdout.split('\n', 1)[0] ?? '') as { positive: number; error: string };
}

describe('regno score', () => {
  it('carries ids as they are written, to NDJSON and to CSV without formulas', async () => {
    const ids = [
      ...['9007199254740993', '9007199254740992', '-5', '{"a": 1e400}', '"=cmd|x"'],
      String.raw`"\ud83d"`,
    ];
    const stdin = ids.map((id) => `{"id":${id},"input":${JSON.stringify(row.input)}}\n`).join('');
    const lines = (await runRegno(['score'], { stdin })).stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(6, line.indexOf(',"negative"')))).toEqual(ids);

    const args = ['score', '-', '--format', 'csv', '-o', '-'];
    const csv = await runRegno(args, { stdin, cwd: folder });
    const cells = csv.stdout.split('\n').map((line) => line.replace(/,0\.\d+,0\.\d+,$/, ''));
    expect(cells).toEqual([
      'id,negative,positive,error',
      ...['9007199254740993', '9007199254740992', '-5', '"{""a"": 1e400}"', `"'=cmd|x"`],
      String.raw`"""\ud83d"""`,
      '',
    ]);
    expect(existsSync(join(folder, '-'))).toBe(false);
  });

  it('reads a file of Russian Windows where an option says so, and names what is wrong where not', async () => {
    const cell = (value: unknown): string =>
      typeof value === 'number' ? String(value).replace('.', ',') : `"${String(value)}"`;
    const cells = names.map((name) => cell(row.input[name]));
    const text = `sep=;\r\n${names.join(';')}\r\n${cells.join(';')}\r\n`;
    const source = join(folder, 'windows.csv');
    const toWindows1251 = (symbol: string): number => {
      const code = symbol.codePointAt(0) ?? 0;
      return code < 0x80 ? code : code - 0x410 + 0xc0;
    };
    writeFileSync(source, Buffer.from(Array.from(text, toWindows1251)));

    const plain = await runRegno(['score', source]);
    expect(plain.code).toBe(1);
    expect(firstAnswer(plain.stdout).error).toContain('give --encoding windows-1251');
    const decoded = await runRegno(['score', source, '--encoding', 'cp1251']);
    expect(firstAnswer(decoded.stdout).error).toContain('for decimal commas give --decimal-comma');
    const right = await runRegno(['score', source, '--encoding', 'cp1251', '--decimal-comma']);
    expect(right).toMatchObject({ code: 0, stderr: '' });
    expect(firstAnswer(right.stdout).positive).toBeCloseTo(row.expected.positive, 12);
    const unknown = await runRegno(['score', source, '--encoding', 'cp']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('expected a name such as utf-8, windows-1251');
  });

  it('says that an input holds no rows, and replaces nothing by nothing', async () => {
    const out = join(folder, 'kept.csv');
    writeFileSync(out, 'kept');
    for (const [format, stdin] of [
      ['ndjson', ''],
      ['ndjson', '\n \n'],
      ['csv', `${names.join(',')}\n`],
    ] as const) {
      const args = ['score', '-o', out, '--force', '--input-format', format];
      const stderr = 'regno: standard input holds no rows\n';
      expect(await runRegno(args, { stdin })).toEqual({ code: 1, stdout: '', stderr });
    }
    expect(readFileSync(out, 'utf8')).toBe('kept');
  });

  it('says in one line that a device is full, and what to do', async () => {
    const stdin = `${JSON.stringify(row.input)}\n`;
    const words = '(ENOSPC: no space left on device); make room, or write to another place';
    expect(await runRegno(['score', '-o', '/dev/full'], { stdin })).toEqual({
      code: 1,
      stdout: '',
      stderr: `regno: /dev/full cannot be written ${words}\n`,
    });
  });

  it('refuses a CSV that names a column twice', async () => {
    const stdin = `${[...names, 'direction'].join(',')}\n`;
    const { code, stdout, stderr } = await runRegno(['score', '--input-format', 'csv'], { stdin });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('stand there twice: "direction"');
  });
});
