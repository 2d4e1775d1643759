import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReading } from '../app/plates/parse-reading.js';
import { pickRegnoFeatures } from '../app/plates/pick-regno-features.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../app/routes/examples.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * A project of a user's with the packed package in it. The package's own dependencies come from this
 * checkout, and only those that it declares.
 */
describe('the package as its users get it', () => {
  const project = mkdtempSync(join(tmpdir(), 'regno-user-'));
  const installed = join(project, 'node_modules/regno');
  afterAll(() => rmSync(project, { recursive: true }));

  beforeAll(async () => {
    // Builds where that is needed.
    await run(process.execPath, [join(ROOT, 'bin/regno.js'), '--version']);
    const packed = await run('npm', ['pack', '--json', '--pack-destination', project], {
      cwd: ROOT,
    });
    const [{ filename } = { filename: '' }] = JSON.parse(packed.stdout) as { filename: string }[];
    mkdirSync(installed, { recursive: true });
    await run('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', installed]);
    const { dependencies } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as PackageFile;
    for (const name of Object.keys(dependencies)) {
      const link = join(installed, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), link);
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  }, 120_000);

  it('runs examples/compile-and-score.mjs', async () => {
    const lines = await runExample('compile-and-score.mjs');
    expect(lines[0]).toMatch(/^41 features, \d+ bytes of ONNX$/);
    const answers = lines.slice(1).map((line) => JSON.parse(line) as Record<string, number>);
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expect(answer['reading']).toBe('А123ВС777');
      expect(answer['negative']! + answer['positive']!).toBeCloseTo(1, 12);
    }
    expect(answers[0]!['positive']).not.toBe(answers[1]!['positive']);
  });

  it('runs examples/any-model.mjs on rows of features', async () => {
    const parsed = parseReading(EXAMPLE_READING);
    if (!parsed.ok) throw new Error('the documented reading is not accepted');
    const row = JSON.stringify(Object.fromEntries(pickRegnoFeatures(parsed.reading)));
    const rows = join(project, 'rows.ndjson');
    writeFileSync(rows, `${row}\n${row}\n`);
    const model = join(installed, 'models/pick-regno/model.cbm');
    const lines = await runExample('any-model.mjs', model, rows);
    expect(lines).toHaveLength(2);
    const { negative, positive } = EXAMPLE_DECISION;
    const near = (p: number): number => expect.closeTo(p, 12) as number;
    expect(JSON.parse(lines[1]!)).toEqual({
      probabilities: [near(negative), near(positive)],
      class: '1',
      threshold: 0.5,
    });
    writeFileSync(rows, `\n${row.replace('"camera_type"', '"Camera type"')}\n`);
    await expect(runExample('any-model.mjs', model, rows)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^line 2: no value for camera_type; unknown: Camera type/m,
      ) as string,
    });
  });

  it('has the command line, which works without sources and compiler', async () => {
    const { stdout } = await run(
      process.execPath,
      [join(installed, 'bin/regno.js'), 'inspect', join(installed, 'models/pick-regno')],
      { cwd: project },
    );
    expect(stdout).toMatch(/^model +pick-regno /);
  });

  it('has types that a strict program compiles against', async () => {
    writeFileSync(join(project, 'user.mts'), USER_PROGRAM);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const flags = '--strict --noEmit --module nodenext --target es2022 --skipLibCheck'.split(' ');
    const compile = (file: string) =>
      run(process.execPath, [tsc, ...flags, file], { cwd: project });
    await compile('user.mts');
    // The types say something: what is wrong is found.
    writeFileSync(join(project, 'wrong.mts'), USER_PROGRAM.replace('new Uint8Array()', '"text"'));
    await expect(compile('wrong.mts')).rejects.toMatchObject({
      stdout: expect.stringContaining('TS2345') as string,
    });
  });

  async function runExample(name: string, ...args: readonly string[]): Promise<string[]> {
    const program = join(project, name);
    writeFileSync(program, readFileSync(join(ROOT, 'examples', name)));
    const { stdout } = await run(process.execPath, [program, ...args], { cwd: project });
    return stdout.trimEnd().split('\n');
  }
});

const USER_PROGRAM = `
import { compileCatBoost, encodeRows, ModelError, OnnxSession } from 'regno';
import type { FeatureRow, ModelSignature } from 'regno';

const rows: FeatureRow[] = [[1, 'a']];
const { onnx, signature }: { onnx: Uint8Array; signature: ModelSignature } = compileCatBoost(new Uint8Array());
const session: OnnxSession = await OnnxSession.load(onnx);
const probabilities: Float64Array = (await session.run(encodeRows(signature, rows))).probabilities;
export const first: number | undefined = probabilities[0];
export const isModelError = (error: unknown): boolean => error instanceof ModelError && error.code === 'damaged-model';
`;
