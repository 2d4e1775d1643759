/**
 * `npm run test:node24 [-- <arguments of vitest>]`: the unit and contract tests on Node 24, which is fetched
 * from npm where it is not there yet.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { ensureNode24 } from '../tools/node24.js';

const args = ['run', '--project', 'unit', ...process.argv.slice(2)];
const { status } = spawnSync(ensureNode24(), ['node_modules/vitest/vitest.mjs', ...args], {
  cwd: resolve(import.meta.dirname, '..'),
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
