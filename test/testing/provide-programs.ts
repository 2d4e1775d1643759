import { spawnSync } from 'node:child_process';

/** Two test files may want programs at the same time. */
const APT = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Makes sure that programs are on the PATH: those that are not are installed where this process may
 * use apt.
 *
 * @param packages per program its Debian package
 * @returns the packages that are still missing, for the words of a test that is skipped or fails
 */
export function providePrograms(packages: Readonly<Record<string, string>>): readonly string[] {
  const missing = (): string[] =>
    Object.keys(packages)
      .filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
      .map((program) => packages[program] ?? program);
  const wanted = missing();
  if (wanted.length === 0 || process.getuid?.() !== 0) return wanted;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = [...APT, 'install', '-y', '--no-install-recommends', ...wanted];
  if (spawnSync('apt-get', install, { env }).status !== 0) {
    // The lists of a fresh machine are empty.
    spawnSync('apt-get', [...APT, 'update'], { env });
    spawnSync('apt-get', install, { env });
  }
  return missing();
}
