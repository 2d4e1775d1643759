import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A virtual environment of Python with the packages of a requirements file. */
export interface PythonEnvironment {
  /** Variable that names an environment that is there already; it is used as it is. */
  readonly variable: string;
  /** Folder under .cache/ where it is made otherwise. */
  readonly folder: string;
  /** From the repository's root. */
  readonly requirements: string;
}

/** What trains the zoo and runs its models. */
const ZOO: PythonEnvironment = {
  variable: 'ZOO_VENV',
  folder: 'venv-zoo',
  requirements: 'test/conformance/requirements.txt',
};

/**
 * The Python of an environment, which the interpreter `PYTHON` (python3) makes at the first use and
 * again when the requirements change. Throws with pip's own words where that fails.
 */
export function preparePython(environment = ZOO): string {
  const given = process.env[environment.variable];
  if (given !== undefined && given !== '') return join(given, 'bin/python');
  const folder = join(ROOT, '.cache', environment.folder);
  const requirements = join(ROOT, environment.requirements);
  const python = join(folder, 'bin/python');
  const stamp = join(folder, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  mkdirSync(dirname(folder), { recursive: true });
  runCommand(process.env['PYTHON'] ?? 'python3', ['-m', 'venv', folder]);
  runCommand(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}

/** Runs a command to its end and throws with all it said where it fails. */
export function runCommand(command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const said = [error?.message, stdout, stderr].filter(Boolean).join('\n');
  throw new Error(`"${command} ${args.join(' ')}" failed with code ${String(status)}:\n${said}`);
}
