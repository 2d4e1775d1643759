// Deletes from node_modules every package that the named ones do not need, as the lock file tells it.
// A container of the generator would otherwise carry the service's packages (hundreds of MB).
import { readFileSync, rmSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const wanted = new Set();

/** The place where `name` is found from the package at `from`, as Node looks for it. */
function place(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (at === '') return null;
  }
}

function want(from, name) {
  const at = place(from, name);
  if (at === null || wanted.has(at)) return;
  wanted.add(at);
  const { dependencies = {}, optionalDependencies = {} } = packages[at];
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) want(at, next);
}

for (const name of process.argv.slice(2)) {
  if (place('', name) === null) throw new Error(`${name} is not in package-lock.json`);
  want('', name);
}
for (const at of Object.keys(packages)) {
  const inside = [...wanted].some((kept) => kept.startsWith(`${at}/`));
  if (at !== '' && !wanted.has(at) && !inside) rmSync(at, { recursive: true, force: true });
}
console.log(`kept ${wanted.size} of ${Object.keys(packages).length - 1} packages`);
