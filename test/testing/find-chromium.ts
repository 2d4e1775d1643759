import { existsSync } from 'node:fs';
import { providePrograms } from './provide-programs.js';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium, which is installed first where this process may use apt. */
export function findChromium(): string | undefined {
  const found = PROGRAMS.find((path) => existsSync(path));
  if (found !== undefined) return found;
  // It brings the fonts without which a page has no letters.
  providePrograms({ chromium: 'chromium' });
  return PROGRAMS.find((path) => existsSync(path));
}
