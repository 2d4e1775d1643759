import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyModelFolder, falsifyGolden, writeOtherModel } from '../../test/testing/other-model.js';
import type { ModelDiff } from './models/diff.js';
import { GOLDEN, SHIPPED_CBM, runRegno } from './testing/run-regno.js';

const folder = mkdtempSync(join(tmpdir(), 'regno-models-'));
const registry = join(folder, 'registry');
afterAll(() => rmSync(folder, { recursive: true }));

const models = (...args: readonly string[]) =>
  runRegno(['models', ...args], { env: { REGNO_REGISTRY: registry } });

describe('regno models', { timeout: 120_000 }, () => {
  it('pushes a folder and a file, each proved by its golden readings', async () => {
    const first = await models('push', join(SHIPPED_CBM, '..'), '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      name: 'pick-regno',
      version: '1.0.0',
      golden: { state: 'passed', rows: 202 },
      files: { 'model.cbm': 360_628, 'model-card.md': expect.any(Number) as number },
    });
    const named = ['--name', 'pick-regno', '--version', '1.1.0', '--golden', GOLDEN];
    const second = await models('push', SHIPPED_CBM, ...named, '--alias', 'challenger');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toMatch(/^version +pick-regno@1\.1\.0$/m);
    expect(second.stdout).toMatch(/^golden +202 readings, all within the tolerance$/m);
    const again = await models('push', join(SHIPPED_CBM, '..'));
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/a version never changes: .* \(version-exists\)\n$/);
  });

  it('refuses to push what is wrong or slow, and leaves nothing behind', async () => {
    const wrong = await copyModelFolder();
    falsifyGolden(wrong);
    const refused = await models('push', wrong, '--version', '2.0.0');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/failed its golden check: 1 of 202 rows .*\(refused-version\)/);
    const slow = await models('push', wrong, '--golden', GOLDEN, '--budget', '1', '--version', '2');
    expect(slow.stderr).toMatch(/takes \d+ µs \(median\), the budget is 1 µs \(refused-version\)/);
    expect(readdirSync(join(registry, 'pick-regno/versions'))).toEqual(['1.0.0', '1.1.0']);
  });

  it('promotes, rolls back, and shows who did it', async () => {
    const by = ['--by', 'ann', '--reason', 'the first one'];
    expect((await models('promote', 'pick-regno@1.0.0', ...by)).code).toBe(0);
    const promoted = await models('promote', 'pick-regno@challenger', '--by', 'bob');
    expect(promoted.stdout).toMatch(/^pick-regno@champion +1\.1\.0$/m);
    const back = await models('rollback', 'pick-regno', '--by', 'ann', '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({
      action: 'rollback',
      aliases: { champion: { version: '1.0.0' } },
    });
    const history = await models('history', 'pick-regno');
    const rows = history.stdout.trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(2, 6))).toEqual([
      ['rollback', '1.0.0', 'ann'],
      ['promote', '1.1.0', 'bob'],
      ['promote', '1.0.0', 'ann', 'the first one'],
      ['alias challenger', '-', expect.stringContaining('@')],
    ]);
    const list = await models('list');
    expect(list.stdout).toMatch(/^pick-regno +1\.0\.0 .*champion$/m);
    expect((await models('alias', 'pick-regno', 'challenger', '--remove')).code).toBe(0);
    expect((await models('show', 'pick-regno@challenger')).stderr).toMatch(/\(unknown-version\)/);
  });

  it('verifies and pulls a version, which is a model folder', async () => {
    const verified = await models('verify', 'pick-regno');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const out = join(folder, 'pulled');
    expect((await models('pull', 'pick-regno', '-o', out)).code).toBe(0);
    expect(readFileSync(join(out, 'model.cbm')).equals(readFileSync(SHIPPED_CBM))).toBe(true);
    const inspected = await runRegno(['verify', '-m', out, '-e', GOLDEN, '--through', 'onnx']);
    expect(inspected.code).toBe(0);
    const again = await models('pull', 'pick-regno', '-o', out);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('shows what changes from one version to another', async () => {
    const other = await writeOtherModel();
    const named = ['--name', 'pick-regno', '--version', '1.2.0', '--json'];
    expect(JSON.parse((await models('push', other, ...named)).stdout)).toMatchObject({
      golden: { state: 'absent' },
    });
    const diff = await models('diff', 'pick-regno@1.0.0', 'pick-regno@1.2.0', '--json');
    const report = JSON.parse(diff.stdout) as ModelDiff;
    expect(report).toMatchObject({
      isSameGraph: false,
      features: { added: [], removed: [], changed: [] },
      answers: { readings: 202 },
    });
    // Every leaf of one tree is one more: no probability falls, and one near the middle rises most.
    expect(report.answers?.largestShift).toBeCloseTo((1 / (1 + Math.exp(-0.5))) * 2 - 1, 1);
    expect(report.answers?.flips).toBeGreaterThan(0);
    expect(report.figures).toContainEqual({
      name: 'overall.auc',
      before: expect.any(Number) as number,
    });
    const same = await models('diff', 'pick-regno@1.0.0', 'pick-regno@1.1.0');
    expect(same.stdout).toMatch(/^graph +the same$/m);
    expect(same.stdout).toMatch(/^different decisions +0 of 202 golden readings, 0\.00 %$/m);
  });

  it('removes old versions, and none that serves', async () => {
    const trial = await models('gc', 'pick-regno', '--keep', '1', '--dry-run', '--json');
    expect(JSON.parse(trial.stdout)).toEqual({ removed: [], isTrial: true });
    const wrong = await models('gc', 'pick-regno', '--keep', 'all');
    expect(wrong.code).toBe(2);
  });
});
