import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInstaller } from './run-installer.js';

const ROOT = join(import.meta.dirname, '../..');

/** A virtual environment of Python with the packages of a requirements file. */
interface PythonEnvironment {
  /** Variable that names an environment that is there already; it is used as it is. */
  readonly variable: string;
  /** Folder under .cache/ where it is made otherwise. */
  readonly folder: string;
  /** From the repository's root. */
  readonly requirements: string;
}

const ENVIRONMENTS = {
  // What trains the zoo and runs its models.
  catboost: {
    variable: 'ZOO_VENV',
    folder: 'venv-zoo',
    requirements: 'test/conformance/requirements.txt',
  },
  schemathesis: {
    variable: 'SCHEMATHESIS_VENV',
    folder: 'venv-schemathesis',
    requirements: 'test/contract/requirements.txt',
  },
} as const satisfies Readonly<Record<string, PythonEnvironment>>;

export type PythonPackages = keyof typeof ENVIRONMENTS;

export function requirementsOf(packages: PythonPackages): string {
  return ENVIRONMENTS[packages].requirements;
}

/** Whether {@link preparePython} has nothing left to do. */
export function isPythonReady(packages: PythonPackages): boolean {
  const { python, stamp, isGiven } = placeOf(packages);
  if (isGiven) return existsSync(python);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readRequirements(packages);
}

/**
 * The Python of an environment, which the interpreter `PYTHON` (python3) makes at the first use and
 * again when the requirements change. Rejects with pip's own words where that fails.
 */
export async function preparePython(packages: PythonPackages): Promise<string> {
  const { python, folder, stamp, isGiven } = placeOf(packages);
  if (isPythonReady(packages)) return python;
  if (isGiven) throw new Error(`${ENVIRONMENTS[packages].variable}: there is no ${python}`);

  await makeEnvironment(folder, join(ROOT, requirementsOf(packages)));
  writeFileSync(stamp, readRequirements(packages));
  return python;
}

/** Makes an environment with the packages of a requirements file; what is half made is made anew. */
export async function makeEnvironment(folder: string, requirements: string): Promise<void> {
  const run = (command: string, ...args: readonly string[]): Promise<void> =>
    runInstaller(command, args, { whenSignalled: 'stop' });
  mkdirSync(dirname(folder), { recursive: true });
  await run(process.env['PYTHON'] ?? 'python3', '-m', 'venv', '--clear', folder);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements];
  await run(join(folder, 'bin/python'), ...pip);
}

function placeOf(packages: PythonPackages) {
  const { variable, folder: name } = ENVIRONMENTS[packages];
  const given = process.env[variable] ?? '';
  const folder = given === '' ? join(ROOT, '.cache', name) : given;
  return {
    folder,
    python: join(folder, 'bin/python'),
    stamp: join(folder, 'requirements.txt'),
    isGiven: given !== '',
  };
}

function readRequirements(packages: PythonPackages): string {
  return readFileSync(join(ROOT, requirementsOf(packages)), 'utf8');
}

/** Runs a command to its end and throws with all it said where it fails. */
export function runCommand(command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const said = [error?.message, stdout, stderr].filter(Boolean).join('\n');
  throw new Error(`"${command} ${args.join(' ')}" failed with code ${String(status)}:\n${said}`);
}
