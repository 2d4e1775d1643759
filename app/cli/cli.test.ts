import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { splitCsvLine } from '../rows/csv-line.js';
import { GOLDEN, ROOT, SHIPPED_CBM, runRegno, startRegno } from './testing/run-regno.js';

interface Golden {
  readonly input: Readonly<Record<string, string | number>>;
  readonly expected: { readonly negative: number; readonly positive: number };
}

interface ScoredLine {
  readonly id: string | number;
  readonly negative?: number;
  readonly positive?: number;
  readonly error?: string;
}

const TOLERANCE = 1e-12;
const golden = readFileSync(GOLDEN, 'utf8')
  .split('\n')
  .filter(Boolean)
  .slice(0, 12)
  .map((line) => JSON.parse(line) as Golden);
const ndjson = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const linesOf = (text: string): ScoredLine[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ScoredLine);

const folder = mkdtempSync(join(tmpdir(), 'regno-cli-'));
const onnx = join(folder, 'model.onnx');
afterAll(() => rmSync(folder, { recursive: true }));

describe('regno', () => {
  it('explains itself, and ends with 2 where it is called wrongly', async () => {
    const help = await runRegno(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['serve', 'score', 'compile', 'inspect', 'verify']) {
      expect(help.stdout).toContain(`\n  ${command} `);
    }
    expect((await runRegno([])).code).toBe(2);
    const wrong = await runRegno(['inspect', SHIPPED_CBM, '--speed', '9']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("unknown option '--speed'");
    expect((await runRegno(['verify', '-e', GOLDEN, '--tolerance', 'low'])).code).toBe(2);
  });
});

describe('regno compile', () => {
  it('writes one file, says what it did, and replaces it only with --force', async () => {
    const first = await runRegno(['compile', SHIPPED_CBM, '-o', onnx, '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const bytes = readFileSync(onnx);
    expect(JSON.parse(first.stdout)).toMatchObject({
      source: { file: SHIPPED_CBM },
      onnx: { file: onnx, bytes: bytes.length },
      features: { categorical: 6, text: 2 },
    });
    expect(readdirSync(folder)).toEqual(['model.onnx']);

    const again = await runRegno(['compile', SHIPPED_CBM, '-o', onnx]);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toBe(`regno: ${onnx} exists; give --force to replace it\n`);

    const forced = await runRegno(['compile', SHIPPED_CBM, '-o', onnx, '--force']);
    expect(forced.code).toBe(0);
    expect(forced.stdout).toMatch(/operators +\d+: .*TreeEnsemble/);
    expect(readFileSync(onnx).equals(bytes)).toBe(true);
  });

  it('writes to standard output where the file is -, and its report elsewhere', async () => {
    const cwd = mkdtempSync(join(folder, 'dash-'));
    const child = startRegno(['compile', SHIPPED_CBM, '-o', '-'], { cwd });
    const pieces: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(Buffer.concat(pieces).equals(readFileSync(onnx))).toBe(true);
    expect(stderr).toMatch(/^SHA-256 /m);
    expect(readdirSync(cwd)).toEqual([]);
    rmSync(cwd, { recursive: true });
  });

  it('takes the model of a folder', async () => {
    const args = ['compile', join(SHIPPED_CBM, '..'), '-o', onnx, '--force', '--json'];
    const { code, stdout } = await runRegno(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ source: { file: SHIPPED_CBM } });
  });

  it('warns of a loss function that it does not know', async () => {
    const source = join(folder, 'novel.cbm');
    const known = readFileSync(join(ROOT, 'test/fixtures/cbm/regression.cbm'), 'latin1');
    writeFileSync(source, known.replaceAll('"type":"RMSE"', '"type":"SSEN"'), 'latin1');
    const run = (...options: string[]) =>
      runRegno(['compile', source, '-o', `${source}.onnx`, '--force', ...options]);
    expect((await run()).stdout).toMatch(
      /^warning +the loss function "SSEN" is not known: the answers are raw values, no probab/m,
    );
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({
      loss: 'SSEN',
      link: 'identity',
      classNames: [],
      warnings: [expect.stringContaining('raw values')],
    });
    const inspected = await runRegno(['inspect', `${source}.onnx`]);
    expect(inspected.stdout).toMatch(/^warning +the loss function "SSEN" is not known/m);
    for (const file of [source, `${source}.onnx`]) rmSync(file);
  });

  it.each([
    ['damaged.cbm', readFileSync(SHIPPED_CBM).subarray(0, 5000), /damaged model: .+ \(damaged-m/],
    ['text.cbm', Buffer.from('no model'), /expected a CatBoost model/],
    ['absent.cbm', undefined, /there is no such file.* \(unreadable-model\)/],
  ])('refuses %s in one line and leaves nothing behind', async (name, content, message) => {
    const source = join(folder, name);
    if (content !== undefined) writeFileSync(source, content);
    const { code, stdout, stderr } = await runRegno(['compile', source, '-o', `${source}.onnx`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    rmSync(source, { force: true });
    expect(readdirSync(folder)).toEqual(['model.onnx']);
  });
});

describe('regno inspect', () => {
  it('shows features, CTRs, dictionaries, trees and operators of a model folder', async () => {
    const { code, stdout } = await runRegno(['inspect', join(SHIPPED_CBM, '..')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^SHA-256 +[0-9a-f]{64}, as the manifest says$/m);
    expect(stdout).toMatch(/^trees +\d+, at most \d+ deep/m);
    expect(stdout).toMatch(/^digest +[0-9a-f]{64}, SHA-256 of that ONNX: .*x-model-digest/m);
    expect(stdout).toMatch(/^ *\d+ +camera_class +categorical +\d+$/m);
    expect(stdout).toMatch(/^camera_class +Borders /m);
    expect(stdout).toMatch(/^afts_regno_ai_text +\d+ /m);
    expect(stdout).toMatch(/^operators +\d+: .*TreeEnsemble/m);
  });

  it('gives all of it as JSON, also for a compiled file', async () => {
    const { code, stdout } = await runRegno(['inspect', onnx, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { onnx: { signature: { features: unknown[] } } };
    expect(report.onnx.signature.features).toHaveLength(41);
    expect(report).toMatchObject({
      kind: 'onnx',
      onnx: { outputs: [{ name: 'probabilities' }, {}] },
    });
  });

  it.each([
    ['bm25', 'unsupported-model', /text calcer BM25/, { kind: 'text' }],
    ['embedding', 'unsupported-model', /embedding features/, { kind: 'embedding' }],
  ])('shows what a refused model holds, and why: %s', async (name, code, reason, feature) => {
    const model = join(ROOT, `test/fixtures/cbm/refused-${name}.cbm`);
    const json = await runRegno(['inspect', model, '--json']);
    expect(json.code).toBe(1);
    expect(json.stderr).toMatch(reason);
    expect(JSON.parse(json.stdout)).toMatchObject({
      refused: { code, message: expect.stringMatching(reason) as string },
      outline: {
        loss: expect.stringMatching(/^\w+$/) as string,
        features: expect.arrayContaining([expect.objectContaining(feature)]) as unknown[],
      },
    });
    const text = await runRegno(['inspect', model]);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/^refused +unsupported model: /m);
    expect(text.stdout).toMatch(/^trees +\d+; \d+ leaves of 1 output$/m);
    expect(text.stdout).toMatch(new RegExp(`^ *\\d+ +\\w+ +${feature.kind}$`, 'm'));
  });

  it('refuses what is no model', async () => {
    const { code, stderr } = await runRegno(['inspect', GOLDEN]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `regno: ${GOLDEN}: expected a model folder with a manifest.json, a .cbm or an .onnx (unsupported-model)\n`,
    });
  });
});

describe('regno score', () => {
  it('answers NDJSON in order, a bad line in its place, and ends with 1 for it', async () => {
    const [first, second, third] = golden;
    const stdin = [
      ndjson([first!.input]),
      '{"regno_recognize": \n',
      ndjson([{ ...second!.input, time_check: 'yesterday', direction: null }]),
      '\n',
      ndjson([{ id: 'mine', input: third!.input }]),
    ].join('');
    const { code, stdout, stderr } = await runRegno(['score'], { stdin });
    const lines = linesOf(stdout);
    expect(code).toBe(1);
    expect(stderr).toBe('regno: 2 of 4 rows could not be scored\n');
    expect(lines.map(({ id }) => id)).toEqual([1, 2, 3, 'mine']);
    expect(lines[0]!.positive).toBeCloseTo(first!.expected.positive, 12);
    expect(lines[1]!.error).toBe(
      'the line is not valid JSON: expected a JSON value at the end, line 2, column 21',
    );
    expect(lines[2]!.error).toMatch(/^time_check: expected .*; direction: expected /);
    expect(lines[3]!.negative).toBeCloseTo(third!.expected.negative, 12);
  });

  it('reads as the service does: refuses, warns and respells by the same settings', async () => {
    const { input } = golden[0]!;
    const odd = { ...input, regno_recognize: ` ${String(input['regno_recognize'])}`, direction: 2 };
    const loud = { ...input, afts_regno_ai_score: 97.3 };
    const iso = { ...input, time_check: '2024-06-14T05:30:15Z' };
    const stdin = ndjson([{ ...input, direction: 2 }, odd, loud, iso]);
    const strict = await runRegno(['score'], { stdin });
    expect(strict.code).toBe(1);
    expect(strict.stderr).toBe(
      'regno: 2 of 4 rows odd: direction_code 2, plate_blanks 1; docs/readings.md explains each\n' +
        'regno: 2 of 4 rows could not be scored\n',
    );
    expect(linesOf(strict.stdout)[2]!.error).toMatch(/^afts_regno_ai_score: expected .* 0 to 1/);
    const env = {
      REGNO_STRICT: 'false',
      REGNO_NORMALISE: 'trim',
      REGNO_TIME_ZONE: 'Europe/Moscow',
    };
    const lenient = await runRegno(['score'], { stdin, env });
    const lines = linesOf(lenient.stdout);
    expect(lenient.stderr).toContain('3 of 4 rows odd');
    expect(lenient.code).toBe(0);
    expect(lines[1]!.positive).toBe(lines[0]!.positive);
    const wrong = await runRegno(['score'], { stdin, env: { REGNO_TIME_ZONE: 'Mars/Olympus' } });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/REGNO_TIME_ZONE: expected a time zone/);
  });

  it('takes CSV and writes CSV to a file', async () => {
    const names = Object.keys(golden[0]!.input);
    const quoted = (value: unknown): string => `"${String(value).replaceAll('"', '""')}"`;
    const source = join(folder, 'rows.csv');
    const out = join(folder, 'answers.csv');
    const rows = golden.map(({ input }) => names.map((name) => quoted(input[name])).join(','));
    writeFileSync(source, `\uFEFF${[names.join(','), ...rows].join('\r\n')}`);
    const { code, stdout } = await runRegno([
      ...['score', source, '--model', onnx, '--format', 'csv', '--out', out],
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const [header, ...answers] = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(header).toBe('id,negative,positive,error');
    expect(answers).toHaveLength(golden.length);
    answers.forEach((line, i) => {
      const split = splitCsvLine(line, ',');
      const [id, , positive] = split.kind === 'fields' ? split.fields : [];
      expect(id).toBe(String(i + 2));
      expect(Math.abs(Number(positive) - golden[i]!.expected.positive)).toBeLessThan(TOLERANCE);
    });
  });

  it('knows a CSV on standard input, and names that differ by their spelling', async () => {
    const names = Object.keys(golden[0]!.input);
    const csv = `${names.join(',')}\n${names.map(() => '1').join(',')}\n`;
    const plain = await runRegno(['score'], { stdin: csv });
    expect(plain).toMatchObject({ code: 1, stdout: '' });
    expect(plain.stderr).toMatch(/looks like the header of a CSV; give --input-format csv/);

    const spelt = csv.replace('camera_class', 'Camera Class').replace('direction', 'DIRECTION');
    const asCsv = await runRegno(['score', '--input-format', 'csv'], { stdin: spelt });
    const advice = 'found: "Camera Class", "DIRECTION"; names are lower case, with underscores';
    expect(asCsv.stderr).toContain(advice);

    const { direction, camera_class: cameraClass, ...others } = golden[0]!.input;
    const row = { ...others, 'Camera-Class': cameraClass, Direction: direction };
    const { stdout } = await runRegno(['score'], { stdin: ndjson([row]) });
    expect(linesOf(stdout)[0]!.error).toContain('; found: "Camera-Class", "Direction"; names are');
  });

  it('ends quietly when its reader has seen enough', async () => {
    const rows = ndjson(Array.from({ length: 4000 }, () => golden[0]!.input));
    const child = startRegno(['score']);
    child.stdin.on('error', () => undefined);
    child.stdin.end(rows);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('leaves no half of a file when it is interrupted', async () => {
    const own = mkdtempSync(join(folder, 'interrupted-'));
    const child = startRegno(['score', '--out', join(own, 'answers.ndjson')]);
    child.stdin.write(ndjson(golden.map(({ input }) => input)));
    await expect.poll(() => readdirSync(own), { timeout: 20_000 }).toHaveLength(1);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(130);
    expect(readdirSync(own)).toEqual([]);
  });

  it('says which model it cannot use', async () => {
    const missing = join(folder, 'no-model');
    const { code, stderr } = await runRegno(['score', GOLDEN, '--model', missing]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^regno: .*no-model: there is no such file or folder \(ENOENT\); .*\(unreadable-model\)\n$/,
    );
  });
});

describe('regno verify', () => {
  it('passes where all paths agree, and reports as JSON', async () => {
    const args = ['verify', '--expected', '-', '--json'];
    const { code, stdout } = await runRegno(args, { stdin: ndjson(golden) });
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { paths: { largestDifference: number }[] };
    expect(result).toMatchObject({
      ok: true,
      rows: golden.length,
      paths: [{ path: 'reference' }, { path: 'onnx' }],
    });
    for (const path of result.paths) expect(path.largestDifference).toBeLessThan(TOLERANCE);
  });

  it('fails on a difference above the tolerance and names its row', async () => {
    const rows = golden.map((row, i) =>
      i === 4
        ? { ...row, expected: { ...row.expected, positive: row.expected.positive + 1e-9 } }
        : row,
    );
    const stdin = ndjson(rows);
    const { code, stdout } = await runRegno(['verify', '-e', '-', '--through', 'onnx'], { stdin });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^onnx +12 +0 +1 +1\.000e-9 +line 5 /m);
    expect(stdout).toMatch(/^FAILED: /m);
    const loose = ['verify', '-e', '-', '--through', 'onnx', '--tolerance', '1e-8'];
    expect((await runRegno(loose, { stdin })).code).toBe(0);
  });

  it('fails on no rows at all, and on a line that is no row', async () => {
    const empty = await runRegno(['verify', '-e', '-'], { stdin: '\n' });
    expect(empty.code).toBe(1);
    expect(empty.stdout).toContain('FAILED: no row was compared');
    const stdin = `${ndjson(golden)}{"input": {}}\n`;
    const bad = await runRegno(['verify', '-e', '-', '--through', 'onnx'], { stdin });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('1 bad line, the first: line 13: expected {"input"');
  });

  it('reads NDJSON, and says so of a CSV', async () => {
    const named = await runRegno(['verify', '-e', 'rows.csv']);
    expect(named.code).toBe(2);
    expect(named.stderr).toMatch(/rows\.csv is a CSV; expected NDJSON/);
    const stdin = `${Object.keys(golden[0]!.input).join(';')}\n1;2\n`;
    const piped = await runRegno(['verify', '-e', '-'], { stdin });
    expect(piped.code).toBe(1);
    expect(piped.stderr).toMatch(/looks like the header of a CSV; expected NDJSON/);
  });

  it('compares a compiled file through onnx, and asks for the .cbm for the reference', async () => {
    const stdin = ndjson(golden);
    const own = await runRegno(['verify', '-e', '-', '-m', onnx, '--json'], { stdin });
    expect(own.code).toBe(0);
    expect(JSON.parse(own.stdout)).toMatchObject({ ok: true, paths: [{ path: 'onnx' }] });
    const args = ['verify', '-e', GOLDEN, '--model', onnx, '--through', 'reference'];
    const { code, stderr } = await runRegno(args);
    expect(code).toBe(2);
    expect(stderr).toContain('the reference needs the .cbm');
  });

  describe('through HTTP', () => {
    const answers = new Map(golden.map(({ input, expected }) => [JSON.stringify(input), expected]));
    let server: Server;
    let url: string;
    let inFlight = 0;
    let inFlightMax = 0;

    beforeAll(async () => {
      server = createServer((req, res) => {
        inFlightMax = Math.max(inFlightMax, ++inFlight);
        let body = '';
        req.setEncoding('utf8').on('data', (text: string) => (body += text));
        req.on('end', () => {
          // Answered in a later turn, so that requests overlap.
          setImmediate(() => {
            inFlight--;
            const answer = answers.get(body);
            if (req.headers['x-api-key'] !== 'good') res.statusCode = 401;
            else if (answer === undefined) res.statusCode = 500;
            const ok = res.statusCode === 200;
            const failure = { body: 'not known', status: 'fail' };
            res.end(JSON.stringify(ok ? { body: answer, status: 'ok' } : failure));
          });
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      inFlightMax = 0;
    });
    afterAll(() => server.close());

    const verify = (stdin: string, ...args: string[]) =>
      runRegno(['verify', '-e', '-', '--through', 'http', '--url', url, ...args], { stdin });

    it('asks a service, never more at a time than allowed', async () => {
      const result = await verify(ndjson(golden), '--key', 'good', '--concurrency', '3');
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toMatch(/^http +12 +0 +0 +0 +line 1 /m);
      expect(inFlightMax).toBeGreaterThan(0);
      expect(inFlightMax).toBeLessThanOrEqual(3);
    });

    it('counts a row without an answer, and goes on', async () => {
      const stranger = { ...golden[0]!, input: { ...golden[0]!.input, direction: 7 } };
      const { code, stdout } = await verify(ndjson([stranger, ...golden]), '--key', 'good');
      expect(code).toBe(1);
      expect(stdout).toMatch(/^http +12 +1 +0 /m);
      expect(stdout).toContain('http: line 1: HTTP 500: not known');
    });

    it('ends at once where the key is refused', async () => {
      const { code, stdout, stderr } = await verify(ndjson(golden), '--key', 'bad');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(`regno: ${url}/reg/ refuses the key; give --key\n`);
    });
  });
});

describe('regno config and openapi', () => {
  it('shows the configuration without its secrets', async () => {
    const env = { API_KEYS: 'hush-hush', REDIS_URL: 'redis://:hush-hush@cache', PORT: '7000' };
    const { code, stdout } = await runRegno(['config'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PORT +7000 +environment$/m);
    expect(stdout).toMatch(/^REDIS_URL +\(set\) +environment$/m);
    expect(stdout).not.toContain('hush');
  });

  it('names all faults of the configuration without a stack', async () => {
    const env = { PORT: 'seventy', WORKERS: '-1' };
    const { code, stderr } = await runRegno(['config'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^regno: The configuration is not valid:\n {2}- PORT: .*\n {2}- WORKERS: .*\n$/,
    );
  });

  it('prints the OpenAPI document', async () => {
    const { stdout } = await runRegno(['openapi']);
    expect(JSON.parse(stdout)).toMatchObject({ openapi: '3.1.0', paths: { '/reg/': {} } });
  });
});

describe('regno serve', () => {
  it.each([
    ['--port', 'abc', /--port <port>: expected a whole number from 0 to 65535/],
    ['--workers', '0', /--workers <n>: expected at least 1/],
    ['--log-level', 'loud', /--log-level <level>: expected error, warn, info or debug/],
  ])('takes %s %s for a wrong call', async (option, value, message) => {
    const { code, stderr } = await runRegno(['serve', option, value]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('serves with what its options say, until SIGTERM', async () => {
    const child = startRegno(['serve', '--port', '0', '--host', '127.0.0.1', '--workers', '1']);
    try {
      let log = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
      await expect.poll(() => log, { timeout: 25_000 }).toContain('regno is ready');
      const port = /"port":(\d+)/.exec(log)?.[1] ?? '';
      const response = await fetch(`http://127.0.0.1:${port}/health/live`);
      expect(response.status).toBe(200);
      await response.text();
      child.kill('SIGTERM');
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).toBe(0);
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  });
});

it('has the shipped model and its golden readings to work on', () => {
  expect(existsSync(SHIPPED_CBM)).toBe(true);
  expect(golden).toHaveLength(12);
});
