/** Shared by `npm start` and `npx regno`: the compiled program, built first where that is needed. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist/.built');
const modules = join(root, 'node_modules');
const compiler = join(modules, 'typescript/package.json');
const lock = join(modules, '.regno-build-lock');
const LOCK_POLL_MS = 100;
const LOCK_WAIT_MS = 120_000;

/**
 * Makes sure that `dist/` holds a build that is not older than the sources, and gives the URL of a
 * program in it. An installed package brings its build and no sources, and is left as it is. In a
 * checkout without development dependencies, or one that cannot be written, an existing build is
 * used, whatever its age.
 *
 * @param {string} entry path below dist/, e.g. `app/cli.js`
 * @returns {string} what `import()` takes
 */
export function builtProgram(entry) {
  try {
    return findProgram(entry);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`regno: ${error.message}`);
    process.exit(1);
  }
}

class BuildError extends Error {}

function findProgram(entry) {
  const program = join(root, 'dist', entry);
  const isCheckout = existsSync(join(root, 'app'));
  if (isCheckout && !existsSync(modules)) fail(`${root} has no dependencies; run "npm ci" there`);
  if (isCheckout && !isFresh(program) && (existsSync(compiler) || !existsSync(program))) {
    build(program);
  }
  if (!existsSync(program)) {
    fail(`${program} is missing; install regno again`);
  }
  return new URL(`../dist/${entry}`, import.meta.url).href;
}

function isFresh(program) {
  if (!existsSync(program) || !existsSync(stamp)) return false;
  const builtAt = statSync(stamp).mtimeMs;
  return ['app', 'generator'].every((folder) => newest(join(root, folder)) <= builtAt);
}

function newest(folder) {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => /\.(ts|js|css)$/.test(name) && !name.endsWith('.test.ts'))
    .reduce((latest, file) => {
      const path = join(file.parentPath, file.name);
      return Math.max(latest, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    }, 0);
}

/** One process builds, others that start meanwhile wait for it: none runs half a build. */
function build(program) {
  if (!existsSync(compiler)) {
    fail(
      `there is no build in ${root}, and TypeScript, which makes it, is missing: it is one of the ` +
        'development dependencies, which were left out (--omit=dev, NODE_ENV=production). Run ' +
        '"npm ci --include=dev && npm run build" there, and then, if they shall go, ' +
        '"npm prune --omit=dev"',
    );
  }
  try {
    takeLock();
  } catch (error) {
    const fault = `${root} cannot be written (${error.code ?? error.message})`;
    if (!existsSync(program))
      fail(`there is no build, and ${fault}; run "npm run build" where it can`);
    console.error(
      `regno: ${fault}; the build there is older than its sources, and is used as it is`,
    );
    return;
  }
  try {
    if (isFresh(program)) return;
    console.error('building regno ...');
    const startedAt = new Date();
    const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
      cwd: root,
      // Standard output belongs to the program that is started afterwards.
      stdio: ['ignore', 2, 2],
      // npx hands its own settings on, which are not meant for a script of this package.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
      ),
    });
    // A source that was saved during the build is newer than the build.
    if (status === 0) utimesSync(stamp, startedAt, startedAt);
    else fail('the build failed; its errors stand above');
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock() {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      const file = openSync(lock, 'wx');
      writeFileSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isHeld() || Date.now() > deadline) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

/** False where the process that took the lock is gone. */
function isHeld() {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    // Empty between its creation and its writing.
    if (holder === 0) return true;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function fail(message) {
  throw new BuildError(message);
}
