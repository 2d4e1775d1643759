import { spawnSync } from 'node:child_process';
import {
  isPythonReady,
  preparePython,
  requirementsOf,
  type PythonPackages,
} from '../conformance/python-environment.js';
import {
  OUTSIDE_PROGRAMS,
  type Availability,
  type OutsideName,
  type OutsideProgram,
} from './outside-programs.js';

// A machine without a network must learn that soon, for the other tests to run.
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=30'];
const APT_TIMEOUT_MS = 900_000;

/**
 * Makes sure that programs are there: those that are not are installed by apt, where this process
 * is root, and by pip. `TEST_PROVIDE=no` forbids both.
 *
 * @returns per program null, or why it is not there. Never throws
 */
export function providePrograms(names: readonly OutsideName[]): Availability {
  const missing = () => names.filter((name) => !isThere(OUTSIDE_PROGRAMS[name]));
  const mayProvide = process.env['TEST_PROVIDE'] !== 'no';
  const fault = mayProvide ? install(missing()) : 'TEST_PROVIDE=no forbids to bring it';
  return Object.fromEntries(names.map((name) => [name, reasonOf(name, fault)]));

  function reasonOf(name: OutsideName, aptFault = 'not found'): string | null {
    const program: OutsideProgram = OUTSIDE_PROGRAMS[name];
    if (!isThere(program)) return `${aptFault}; ${howToBring(program)}`;
    if (program.python === undefined || isPythonReady(program.python)) return null;
    if (!mayProvide) return `${aptFault}; see ${requirementsOf(program.python)}`;
    console.log(
      `installing what tests need: pip packages of ${requirementsOf(program.python)}, ` +
        'a minute or so (TEST_PROVIDE=no forbids it)',
    );
    // Debian's python3 comes without the module that makes environments.
    return faultOf(program.python) && (install([name]) ?? faultOf(program.python));
  }
}

function faultOf(packages: PythonPackages): string | null {
  try {
    preparePython(packages);
    return null;
  } catch (error) {
    return lastLine(String(error));
  }
}

/** Where a program is; the name itself where it is not on the PATH. */
export function pathOf(name: OutsideName): string {
  const program: OutsideProgram = OUTSIDE_PROGRAMS[name];
  return program.commands.map(find).find((path) => path !== '') ?? name;
}

function isThere({ commands, python }: OutsideProgram): boolean {
  return (
    (python !== undefined && isPythonReady(python)) || commands.some((one) => find(one) !== '')
  );
}

function find(command: string): string {
  return spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).stdout.trim();
}

function howToBring({ packages }: OutsideProgram): string {
  if (packages.length === 0) return 'no test installs it';
  return `as root: apt-get install ${packages.join(' ')}`;
}

/** @returns why nothing could be installed, undefined where all was */
function install(names: readonly OutsideName[]): string | undefined {
  if (names.length === 0) return undefined;
  if (process.getuid?.() !== 0) return 'only root may install it';
  const packages = [...new Set(names.flatMap((name) => OUTSIDE_PROGRAMS[name].packages))];
  if (packages.length === 0) return undefined;
  const apt = (...args: readonly string[]) =>
    spawnSync('apt-get', [...APT, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
      timeout: APT_TIMEOUT_MS,
    });
  console.log(`installing what tests need: ${packages.join(' ')} (TEST_PROVIDE=no forbids it)`);
  const one = (wanted: readonly string[]) =>
    apt('install', '-y', '--no-install-recommends', ...wanted);
  if (one(packages).status === 0) return undefined;
  // The lists of a fresh machine are empty.
  apt('update');
  const { status, error, stderr } = one(packages);
  if (status === 0) return undefined;
  // A package that this release does not have must not cost the others.
  const faults = packages.filter((wanted) => one([wanted]).status !== 0);
  if (faults.length === 0) return undefined;
  return `apt-get failed: ${error?.message ?? lastLine(stderr)}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
