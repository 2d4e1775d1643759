/** `npm start`: builds where the build is missing or older than the sources, then serves. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, 'dist/app/main.js');
const stamp = join(root, 'dist/.built');

if (!isBuilt()) build();
await import(entry);

function isBuilt() {
  if (!existsSync(entry) || !existsSync(stamp)) return false;
  const builtAt = statSync(stamp).mtimeMs;
  return [join(root, 'app'), join(root, 'generator')].every((folder) => newest(folder) <= builtAt);
}

function newest(folder) {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts'))
    .reduce(
      (latest, file) => Math.max(latest, statSync(join(file.parentPath, file.name)).mtimeMs),
      0,
    );
}

function build() {
  console.error('building ...');
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
