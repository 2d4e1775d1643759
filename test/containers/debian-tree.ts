import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readAptSource } from './apt-source.js';
import { run } from './command.js';

/** Where Debian's programs look for the authorities that they trust. */
export const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
const MINUTE_MS = 60_000;

/** @returns the folder of a minimal Debian system of that release, with some packages more */
export async function ensureTree(
  cache: string,
  suite: string,
  packages: readonly string[],
): Promise<string> {
  const trees = join(cache, 'trees');
  const tree = join(trees, suite);
  if (existsSync(tree)) return tree;
  const partial = `${tree}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(trees, { recursive: true });
  const { uri, keyring } = readAptSource('/etc/apt');
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  // Releases newer than the installed debootstrap have no script of their own there; all of
  // Debian's are links to this one.
  const script = '/usr/share/debootstrap/scripts/sid';
  const options = ['--variant=minbase', `--keyring=${keyring}`, ...include];
  await run('debootstrap', [...options, suite, partial, uri, script], {
    timeoutMs: 10 * MINUTE_MS,
  });
  renameSync(partial, tree);
  return tree;
}

/** Puts node, npm, the machine's certificates and the user `node` (1000) into the tree. */
export async function installNode(cache: string, tree: string, major = '24'): Promise<string> {
  const name = `node-linux-${process.arch}`;
  const home = join(cache, `node${major}`);
  const binary = join(home, 'node_modules', name, 'bin/node');
  if (!existsSync(binary)) {
    mkdirSync(home, { recursive: true });
    await run(
      'npm',
      ['install', '--no-save', '--ignore-scripts', '--prefix', home, `${name}@${major}`],
      {
        timeoutMs: 5 * MINUTE_MS,
        cwd: home,
      },
    );
  }
  const local = join(tree, 'usr/local');
  copyFileSync(binary, join(local, 'bin/node'));
  chmodSync(join(local, 'bin/node'), 0o755);
  const modules = await run('npm', ['root', '--global'], { timeoutMs: MINUTE_MS });
  const npm = join(local, 'lib/node_modules/npm');
  cpSync(join(modules.stdout.trim(), 'npm'), npm, { recursive: true, dereference: true });
  for (const program of ['npm', 'npx']) {
    const link = join(local, 'bin', program);
    rmSync(link, { force: true });
    symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, link);
  }
  mkdirSync(dirname(join(tree, CA_BUNDLE)), { recursive: true });
  copyFileSync(process.env['NODE_EXTRA_CA_CERTS'] ?? CA_BUNDLE, join(tree, CA_BUNDLE));
  const user = ['useradd', '--uid', '1000', '--create-home', '--shell', '/bin/bash', 'node'];
  await run('chroot', [tree, ...user], { timeoutMs: MINUTE_MS, mayFail: true });
  const version = await run(binary, ['--version'], { timeoutMs: MINUTE_MS });
  return version.stdout.trim();
}
