import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');

/** Files that a build is made of. */
const SOURCES = ['app', 'generator'];
const STAMP = join(ROOT, 'dist/.built');
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
  if (isBuilt()) return;
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status === 0) return;
  throw new Error(`The service cannot be built:\n${built.stdout}${built.stderr}`);
}

function isBuilt(): boolean {
  if (!existsSync(STAMP)) return false;
  const builtAt = statSync(STAMP).mtimeMs;
  return SOURCES.every((folder) => newest(join(ROOT, folder)) <= builtAt);
}

/** Tests are not built, so that changing one does not ask for a build. */
function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts') && !file.name.endsWith('.test.ts'))
    .reduce(
      (latest, file) => Math.max(latest, statSync(join(file.parentPath, file.name)).mtimeMs),
      0,
    );
}
