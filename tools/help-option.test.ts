import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

function runScript(name: string, ...args: readonly string[]) {
  const path = scripts[name]?.split(' ').at(-1) ?? '';
  // With no program on the PATH nothing can be done, should it be tried.
  const env = { ...process.env, PATH: '' };
  const command = ['--import', 'tsx', join(ROOT, path), ...args];
  return spawnSync(process.execPath, command, { cwd: ROOT, env, encoding: 'utf8' });
}

describe.each([
  'pin:images',
  'sync:onnx-proto',
  'monitoring',
  'train',
  'layers',
  'sync:docs',
  'sync:dashboards',
  'test:containers',
  'test:without',
])('npm run %s', (name) => {
  it('prints help and does nothing', () => {
    const { status, stdout } = runScript(name, '--help');
    expect(stdout).toMatch(/^usage: npm run /);
    expect(status).toBe(0);
  });

  it('refuses an argument that it does not know', () => {
    const { status, stderr } = runScript(name, '--nonsense');
    expect(stderr).toMatch(/^unknown argument --nonsense\nusage: /);
    expect(status).toBe(2);
  });
});
