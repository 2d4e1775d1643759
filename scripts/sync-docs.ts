/**
 * `npm run sync:docs`: writes the files that follow from the sources. With `--check` it writes
 * nothing and ends with 1 where a committed file differs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_FILES } from './docs/generated-files.js';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(
  `usage: npm run sync:docs [-- --check]
Writes the files that follow from the sources; --check only compares.`,
  ['--check'],
);

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const changed: string[] = [];

for (const { path, render } of GENERATED_FILES) {
  const file = join(root, path);
  const text = await render();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  changed.push(path);
  if (!check) writeFileSync(file, text);
}

if (changed.length === 0) {
  console.log(`${GENERATED_FILES.length} generated files are as the sources say`);
} else if (check) {
  console.error(`Not as the sources say: ${changed.join(', ')}; run "npm run sync:docs"`);
  process.exitCode = 1;
} else {
  console.log(`wrote ${changed.join(', ')}`);
  // What quotes a module among them was rendered from it as it was: once more, in a new process.
  if (changed.some((path) => path.endsWith('.ts'))) {
    const args = [...process.execArgv, ...process.argv.slice(1)];
    process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  }
}
