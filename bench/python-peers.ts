import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../.cache', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('./peers/requirements.txt', import.meta.url));

/** Path of a Python that has the peers' packages, in a virtual environment under .cache/. */
export function ensurePeers(): string {
  const folder = `${CACHE}/venv-bench`;
  const python = `${folder}/bin/python`;
  const stamp = `${folder}/requirements.txt`;
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    const args = ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS];
    execFileSync(python, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(stamp, wanted);
  }
  return python;
}
