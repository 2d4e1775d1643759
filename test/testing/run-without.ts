/**
 * `npm run test:without [-- NAME ...]`: runs the tests that need an outside program with that program
 * hidden and nothing to bring it, one program after the other. They must be skipped by name, and what
 * stands beside them must run and pass. Ends with 1 where that is not so.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answerHelp } from '../../tools/help-option.mjs';
import { OUTSIDE_PROGRAMS, declaredPrograms, type OutsideName } from './outside-programs.js';
import { pathWithout } from './path-without.js';

const ROOT = join(import.meta.dirname, '../..');
const all = Object.keys(OUTSIDE_PROGRAMS) as OutsideName[];
const wanted = process.argv.slice(2);
answerHelp(
  `usage: npm run test:without [-- NAME ...]\nRuns tests with a program hidden. NAME: ${all.join(', ')}`,
  all,
);

const testFiles = ['app', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name)),
);

console.log(`${new Date().toISOString()} Node ${process.version}`);
for (const name of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const files = testFiles.filter((file) =>
    declaredPrograms(readFileSync(join(ROOT, file), 'utf8')).includes(name),
  );
  const line = files.length === 0 ? 'no test needs it' : runWithout(name, files);
  console.log(`${name.padEnd(30)} ${line}`);
}

function runWithout(name: OutsideName, files: readonly string[]): string {
  const path = pathWithout(OUTSIDE_PROGRAMS[name].commands);
  const absent = join(path, 'absent');
  const hidden = { catboost: { ZOO_VENV: absent }, schemathesis: { SCHEMATHESIS_VENV: absent } };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--project', 'unit', '--project', 'system', '--passWithNoTests', ...files],
    ],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...(name in hidden ? hidden[name as keyof typeof hidden] : {}),
        PATH: path,
        NO_COLOR: '1',
        TEST_PROVIDE: 'no',
      },
    },
  );
  rmSync(path, { recursive: true });
  const tests = /^ *Tests .*$/m.exec(stdout)?.[0].trim() ?? 'only `npm run test:live` needs it';
  const isRun = tests.startsWith('Tests');
  if (status === 0 && (!isRun || stderr.includes(`SKIPPED without ${name} (`)))
    return `ok  ${tests}`;
  process.exitCode = 1;
  return `FAILED with exit code ${String(status)}\n${stdout}${stderr}`;
}
