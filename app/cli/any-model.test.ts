import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, runRegno } from './testing/run-regno.js';

interface Answered {
  readonly row: readonly (string | number | null)[];
  readonly probabilities: readonly number[];
}

const model = (name: string): string => join(ROOT, `test/fixtures/cbm/${name}.cbm`);

/** Rows of a model's features with CatBoost's own answers. */
function answered(name: string): Answered[] {
  const text = readFileSync(join(ROOT, `test/fixtures/cbm/${name}.ndjson`), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Answered);
}

const ndjson = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('a model that does not decide readings', () => {
  it.each(['everything', 'three-classes', 'regression', 'depthwise-classes'])(
    'is verified by rows of its features: %s',
    async (name) => {
      const rows = answered(name).map(({ row, probabilities }) => ({
        input: row,
        expected: probabilities,
      }));
      const args = ['verify', '-e', '-', '-m', model(name), '--json'];
      const { code, stdout } = await runRegno(args, { stdin: ndjson(rows) });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, rows: rows.length, badLines: 0 });
      expect(code).toBe(0);
    },
  );

  it('is scored by the names of its features, and answers with those of its classes', async () => {
    const rows = answered('three-classes').slice(0, 4);
    const cells = rows.map(({ row: [number, category, text] }) =>
      [category, text, String(number ?? ''), 'x'].map((cell) => `"${String(cell)}"`).join(','),
    );
    const stdin = `1,2,0,other\n${cells.join('\n')}\n`;
    const args = ['score', '-m', model('three-classes'), '--input-format', 'csv'];
    const csv = await runRegno([...args, '--format', 'csv'], { stdin });
    const [header, ...lines] = csv.stdout.trimEnd().split('\n');
    expect(header).toBe('id,high,low,middle,class,error');
    expect(lines).toHaveLength(rows.length);
    lines.forEach((line, i) => {
      const numbers = line.split(',').slice(1, 4).map(Number);
      numbers.forEach((p, c) => expect(p).toBeCloseTo(rows[i]!.probabilities[c]!, 12));
      const best = numbers.indexOf(Math.max(...numbers));
      expect(line.split(',')[4]).toBe(['high', 'low', 'middle'][best]);
    });
  });

  it('answers whole rows of a training whose features were left out, and names the class', async () => {
    const rows = answered('old-classes').slice(0, 20);
    const args = ['score', '-m', model('old-classes')];
    const { code, stdout } = await runRegno(args, { stdin: ndjson(rows.map(({ row }) => row)) });
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const near = (p: number | undefined): number => expect.closeTo(p ?? NaN, 12) as number;
    const expected = rows.map(({ probabilities: [a = NaN, b = NaN, c = NaN] }, i) => {
      const best = [a, b, c].indexOf(Math.max(a, b, c));
      return { id: i + 1, 0: near(a), 3: near(b), 7: near(c), class: ['0', '3', '7'][best] };
    });
    expect(answers).toEqual(expected);
  });

  it('without names for its features is scored by the order of the columns', async () => {
    const [first] = answered('regression') as [Answered];
    const stdin = `weight;id;height;width\n${[first.row[0], 'a', first.row[1], first.row[2]].join(';')}\n1;b;two;3\n`;
    const args = ['score', '-m', model('regression'), '--input-format', 'csv'];
    const { code, stdout } = await runRegno(args, { stdin });
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(1);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 'a', prediction: expect.closeTo(first.probabilities[0]!, 12) as number },
      { id: 'b', error: expect.stringContaining('float feature "1": expected a number') as string },
    ]);
    const headless = await runRegno(args, { stdin: '1;2.5;3\n4;5;6\n' });
    expect(headless).toMatchObject({ code: 1, stdout: '' });
    expect(headless.stderr).toContain('the first line of the CSV holds numbers');
  });

  it('is not compared with a service, which answers readings', async () => {
    const args = ['verify', '-e', '-', '-m', model('regression'), '--through', 'onnx,http'];
    const { code, stderr } = await runRegno(args, { stdin: '[1,2,3]\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('a service answers readings, and this model does not');
  });
});
