import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

function runScript(path: string, ...args: readonly string[]) {
  // With no program on the PATH nothing can be done, should it be tried.
  const env = { ...process.env, PATH: '' };
  const command = ['--import', 'tsx', join(ROOT, path), ...args];
  return spawnSync(process.execPath, command, { cwd: ROOT, env, encoding: 'utf8' });
}

describe.each([
  'scripts/pin-images.mjs',
  'scripts/generate-onnx-proto.mjs',
  'scripts/check-monitoring.mjs',
  'scripts/train.mjs',
  'scripts/check-layers.ts',
  'scripts/sync-docs.ts',
  'grafana/build.ts',
  'test/containers/run.ts',
  'test/testing/run-without.ts',
])('%s', (path) => {
  it('prints help and does nothing', () => {
    const { status, stdout } = runScript(path, '--help');
    expect(stdout).toMatch(/^usage: npm run /);
    expect(status).toBe(0);
  });

  it('refuses an argument that it does not know', () => {
    const { status, stderr } = runScript(path, '--nonsense');
    expect(stderr).toMatch(/^unknown argument --nonsense\nusage: /);
    expect(status).toBe(2);
  });
});
