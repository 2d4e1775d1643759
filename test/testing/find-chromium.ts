import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium, which is installed first where this process may use apt. */
export function findChromium(): string | undefined {
  const found = PROGRAMS.find((path) => existsSync(path));
  if (found !== undefined || process.getuid?.() !== 0) return found;
  const install = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'];
  if (spawnSync('apt-get', install).status !== 0) {
    spawnSync('apt-get', ['update']);
    spawnSync('apt-get', install);
  }
  return PROGRAMS.find((path) => existsSync(path));
}
