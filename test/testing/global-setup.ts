import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TestProject } from 'vitest/node';
import { declaredPrograms, type OutsideName } from './outside-programs.js';
import { providePrograms } from './provide-programs.js';

const ROOT = join(import.meta.dirname, '../..');
const STARTER = 'start-service.js';

/** Runs once before the selected tests: provides and builds what they need, and they only that. */
export async function setup(project: TestProject): Promise<() => void> {
  // Names given on the command line; without this, which is not public, every run would build.
  const filters: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const { testFiles } = await project.globTestFiles(
    Array.isArray(filters) ? filters.map(String) : [],
  );
  const sources = testFiles.map(
    (file) => [relative(ROOT, file), readFileSync(file, 'utf8')] as const,
  );
  const declared = sources.map(([file, text]) => [file, declaredPrograms(text)] as const);
  const available = await providePrograms([...new Set(declared.flatMap(([, names]) => names))]);
  project.provide('outsidePrograms', available);
  if (sources.some(([, text]) => text.includes(STARTER))) buildService();

  // At the very end of the run, where it is seen.
  return () => {
    for (const [name, reason] of Object.entries(available)) {
      if (reason === null) continue;
      const files = declared.filter(([, names]) => names.includes(name as OutsideName));
      const list = files.map(([file]) => `\n  ${file}`).join('');
      console.warn(`SKIPPED without ${name} (${reason}), tests in:${list}`);
    }
  };
}

/** Builds where the build is missing or older than its sources. */
function buildService(): void {
  // The command builds what it runs where that is needed.
  const command = [join(ROOT, 'bin/regno.js'), '--version'];
  const built = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (built.status === 0) return;
  throw new Error(`The service cannot be built:\n${built.stdout}${built.stderr}`);
}
