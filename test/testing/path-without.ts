import { existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder with links to all programs of the PATH but some; whoever asked removes it. */
export function pathWithout(commands: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'regno-path-'));
  for (const from of (process.env['PATH'] ?? '').split(':').filter((one) => existsSync(one))) {
    for (const name of readdirSync(from)) {
      if (commands.includes(name) || existsSync(join(folder, name))) continue;
      symlinkSync(join(from, name), join(folder, name));
    }
  }
  return folder;
}
