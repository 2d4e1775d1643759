import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/**
 * The Python of a virtual environment with this folder's requirements: `ZOO_VENV` where that is set
 * (used as it is), otherwise `.cache/venv-zoo`, made by the interpreter `PYTHON` (python3) at the
 * first use and again when the requirements change. Throws with pip's own words where that fails.
 */
export function preparePython(): string {
  const given = process.env['ZOO_VENV'];
  if (given !== undefined && given !== '') return join(given, 'bin/python');
  const folder = join(ROOT, '.cache/venv-zoo');
  const python = join(folder, 'bin/python');
  const stamp = join(folder, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  mkdirSync(dirname(folder), { recursive: true });
  runCommand(process.env['PYTHON'] ?? 'python3', ['-m', 'venv', folder]);
  runCommand(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', REQUIREMENTS]);
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
