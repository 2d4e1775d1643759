import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');
const STARTER = 'start-service.js';

/**
 * Vitest's global set-up: builds the service once per run, where a selected test starts it and the
 * build is missing or older than its sources.
 */
export async function setup(project: TestProject): Promise<void> {
  // Names given on the command line; without this, which is not public, every run would build.
  const filters: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const { testFiles } = await project.globTestFiles(
    Array.isArray(filters) ? filters.map(String) : [],
  );
  if (!testFiles.some((file) => readFileSync(file, 'utf8').includes(STARTER))) return;
  // The command builds what it runs where that is needed.
  const command = [join(ROOT, 'bin/regno.js'), '--version'];
  const built = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (built.status === 0) return;
  throw new Error(`The service cannot be built:\n${built.stdout}${built.stderr}`);
}
