import { spawnSync } from 'node:child_process';
import { isPythonReady, preparePython, requirementsOf } from './python-environment.js';
import {
  OUTSIDE_PROGRAMS,
  type Availability,
  type OutsideName,
  type OutsideProgram,
} from './outside-programs.js';
import { runInstaller } from './run-installer.js';

// A machine without a network must learn that soon, for the other tests to run.
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=30'];

/**
 * Makes sure that programs are there: those that are not are installed by apt, where this process
 * is root, and by pip. `TEST_PROVIDE=no` forbids both. A signal that ends this process stops pip,
 * and waits for apt-get: dpkg must not be left half-way.
 *
 * @returns per program null, or why it is not there. Never rejects
 */
export async function providePrograms(names: readonly OutsideName[]): Promise<Availability> {
  const missing = () => names.filter((name) => !isThere(OUTSIDE_PROGRAMS[name]));
  const mayProvide = process.env['TEST_PROVIDE'] !== 'no';
  const fault = mayProvide ? await install(missing()) : 'TEST_PROVIDE=no forbids to bring it';
  const available: Partial<Record<OutsideName, string | null>> = {};
  for (const name of names) available[name] = await reasonOf(name, fault ?? 'not found');
  return available;

  async function reasonOf(name: OutsideName, aptFault: string): Promise<string | null> {
    const program: OutsideProgram = OUTSIDE_PROGRAMS[name];
    if (!isThere(program)) return `${aptFault}; ${howToBring(program)}`;
    if (program.python === undefined || isPythonReady(program.python)) return null;
    if (!mayProvide) return `${aptFault}; see ${requirementsOf(program.python)}`;
    console.log(
      `installing what tests need: pip packages of ${requirementsOf(program.python)}, ` +
        'a minute or so (TEST_PROVIDE=no forbids it)',
    );
    const { python } = program;
    const prepare = (): Promise<string | null> => faultOf(() => preparePython(python));
    // Debian's python3 comes without the module that makes environments.
    return (await prepare()) && ((await install([name])) ?? (await prepare()));
  }
}

/** @returns the last line of why something failed, null where it did not */
async function faultOf(act: () => Promise<unknown>): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return String(error).trim().split('\n').at(-1) ?? '';
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
async function install(names: readonly OutsideName[]): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  if (process.getuid?.() !== 0) return 'only root may install it';
  const packages = [...new Set(names.flatMap((name) => OUTSIDE_PROGRAMS[name].packages))];
  if (packages.length === 0) return undefined;
  console.log(`installing what tests need: ${packages.join(' ')} (TEST_PROVIDE=no forbids it)`);
  if ((await faultOfApt(packages)) === null) return undefined;
  // The lists of a fresh machine are empty.
  await apt('update');
  const fault = await faultOfApt(packages);
  if (fault === null) return undefined;
  // A package that this release does not have must not cost the others.
  let areAllThere = true;
  for (const one of packages) areAllThere = (await faultOfApt([one])) === null && areAllThere;
  return areAllThere ? undefined : `apt-get failed: ${fault}`;
}

function faultOfApt(packages: readonly string[]): Promise<string | null> {
  return apt('install', '-y', '--no-install-recommends', ...packages);
}

/** @returns what went wrong */
function apt(...args: readonly string[]): Promise<string | null> {
  return faultOf(() =>
    runInstaller('apt-get', [...APT, ...args], {
      whenSignalled: 'finish',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }),
  );
}
