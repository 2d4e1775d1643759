// Leaves in node_modules only what the given build output needs at run time on this machine.
//
//   node keep-dependencies.mjs ROOT DIST_FOLDER...
//
// ROOT holds package.json and node_modules as `npm ci --omit=dev` left them. A production
// dependency is needed when some file under a DIST_FOLDER names it in a string (an import, a
// require or a resolve), or when a needed package depends on it. All else goes, as do the ONNX
// Runtime binaries of other systems (240 MB of 288), type declarations and source maps.
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

// Plug-ins for bundlers, which the Sentry client names as a dependency and never loads: 23 MB.
const BUILD_TOOLS = new Set(['@sentry/bundler-plugins']);

const [root, ...folders] = process.argv.slice(2);
if (root === undefined || folders.length === 0) {
  console.error('usage: node keep-dependencies.mjs ROOT DIST_FOLDER...');
  process.exit(2);
}
const top = join(root, 'node_modules');
const before = bytesUnder(top);

const needed = new Set();
const declared = new Set(Object.keys(manifest(root).dependencies ?? {}));
const direct = [...declared].filter((name) => namedIn(folders).has(name));
if (direct.length === 0) {
  console.error(`no production dependency is named under ${folders.join(', ')}: nothing built?`);
  process.exit(1);
}
for (const name of direct) keep(name, root);
removeOthers(top);
removeForeignRuntimes(join(top, 'onnxruntime-node', 'bin'));
removeFiles(top, /\.(map|d\.[cm]?ts|md|markdown|tsbuildinfo)$/i);
const after = bytesUnder(top);
console.log(
  `kept ${needed.size} packages for ${direct.join(', ')}: ${megabytes(before)} -> ${megabytes(after)} MB`,
);

function namedIn(paths) {
  const names = new Set();
  const literal = /['"`]((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^'"`\n]*)?['"`]/g;
  for (const path of paths.flatMap((folder) => filesUnder(folder))) {
    if (!/\.[cm]?js$/.test(path)) continue;
    for (const match of readFileSync(path, 'utf8').matchAll(literal)) names.add(match[1]);
  }
  return names;
}

/** Marks a package and all it depends on, as Node would resolve it from `from`. */
function keep(name, from) {
  const path = BUILD_TOOLS.has(name) ? undefined : resolve(name, from);
  if (path === undefined || needed.has(path)) return;
  needed.add(path);
  const { dependencies, optionalDependencies, peerDependencies } = manifest(path);
  const names = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  for (const dependency of Object.keys(names)) keep(dependency, path);
}

function resolve(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    if (folder === root || folder === dirname(folder)) return undefined;
  }
}

function removeOthers(modules) {
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    const path = join(modules, entry.name);
    if (entry.isDirectory() && entry.name.startsWith('@')) removeOthers(path);
    else if (!needed.has(path)) rmSync(path, { recursive: true, force: true });
    else if (existsSync(join(path, 'node_modules'))) removeOthers(join(path, 'node_modules'));
  }
  const empty = basename(modules).startsWith('@') && readdirSync(modules).length === 0;
  if (empty) rmSync(modules, { recursive: true });
}

function removeForeignRuntimes(bin) {
  if (!existsSync(bin)) return;
  const own = join(process.platform, process.arch);
  const files = filesUnder(bin);
  const kept = files.filter((path) => relative(bin, path).includes(`${own}/`));
  if (kept.length === 0) throw new Error(`onnxruntime-node has no binary for ${own} in ${bin}`);
  for (const path of files) if (!kept.includes(path)) rmSync(path);
}

function removeFiles(folder, pattern) {
  for (const path of filesUnder(folder)) {
    if (pattern.test(path) && !/licen[cs]e|notice/i.test(basename(path))) rmSync(path);
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

function bytesUnder(folder) {
  return filesUnder(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
