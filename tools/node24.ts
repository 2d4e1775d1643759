import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../.cache', import.meta.url));

/** npm's package of Node's binary for this machine. */
const PACKAGE = `node-linux-${process.arch}`;
const VERSION = '24.21.0';

/** Path of a Node 24, installed from npm into .cache/ where it is not there yet. */
export function ensureNode24(): string {
  const node = `${CACHE}/node24/node_modules/${PACKAGE}/bin/node`;
  if (!existsSync(node)) {
    const args = ['install', '--prefix', `${CACHE}/node24`, '--ignore-scripts', '--no-save'];
    execFileSync('npm', [...args, `${PACKAGE}@${VERSION}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return node;
}
