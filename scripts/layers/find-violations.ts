import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { readSource, type SourceFacts, type SourceImport } from './read-source.js';
import { LAYERS, layerOf, OWNED_PACKAGES, type Layer } from './rules.js';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface LayerReport {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
}

const FOLDERS = [...new Set(LAYERS.map(({ path }) => path.split('/')[0] ?? path))];

/**
 * Holds all sources against the rules. Tests and what only tests use may import anything; nothing
 * else may import them.
 *
 * @param root the repository's root, or a tree made like it.
 */
export function findViolations(root: string): LayerReport {
  const sources = FOLDERS.flatMap((folder) => listSources(root, folder)).map((file) =>
    readSource(root, file),
  );
  const violations = [...sources.flatMap(checkSource), ...findCycles(sources)];
  return {
    files: sources.length,
    imports: sources.reduce((sum, { imports }) => sum + imports.length, 0),
    violations: violations.sort((a, b) => compare(a.file, b.file) || a.line - b.line),
  };
}

function listSources(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

function checkSource(source: SourceFacts): Violation[] {
  const { file } = source;
  const layer = layerOf(file);
  if (layer === undefined || isOfTests(file)) return [];
  const found: Violation[] = [];
  const add = (line: number, message: string): void => void found.push({ file, line, message });
  for (const imported of source.imports) {
    const message = imported.isPackage
      ? packageFault(layer, imported.target)
      : importFault(layer, imported);
    if (message !== undefined) add(imported.line, message);
  }
  if (layer.readsEnvironment !== true && layer.isTooling !== true) {
    for (const { line } of source.environment) {
      add(line, 'only app/config/ and the composition roots read process.env');
    }
  }
  if (layer.pure === true) {
    for (const { line, name } of source.impure) add(line, `${name}: ${layer.path} is pure`);
  }
  return found;
}

/** Unit tests, and all that stands for parts in tests. */
function isOfTests(file: string): boolean {
  return file.startsWith('test/') || file.endsWith('.test.ts') || file.includes('/testing/');
}

function importFault(from: Layer, { target }: SourceImport): string | undefined {
  const to = layerOf(target);
  if (to === undefined) {
    // Tools start what was built.
    return from.isTooling === true ? undefined : `${target} lies in no layer`;
  }
  if (isOfTests(target)) return `${target} is of tests`;
  if (to === from) return undefined;
  if (from.imports !== 'any' && from.imports.includes(to.path)) return undefined;
  const crossesPrograms = (from.path === 'generator/') !== (to.path === 'generator/');
  if (crossesPrograms && from.isTooling !== true) {
    return `${target}: app/ and generator/ share nothing but app/rows/`;
  }
  if (to.isTooling !== true && from.imports === 'any') return undefined;
  return `${from.path} may not import ${target}`;
}

function packageFault(from: Layer, specifier: string): string | undefined {
  const name = packageName(specifier);
  if (from.packages !== undefined && !from.packages.includes(name)) {
    const allowed = from.packages.length === 0 ? 'no package' : `only ${from.packages.join(', ')}`;
    return `${name}: ${from.path} imports ${allowed}`;
  }
  if (from.isTooling === true) return undefined;
  const owners = OWNED_PACKAGES.get(name);
  if (owners === undefined || owners.includes(from.path)) return undefined;
  const isOwnEntry = from.path === 'app/' && owners.includes('app/cli.ts');
  return isOwnEntry ? undefined : `${name}: only ${owners.join(', ')} may import it`;
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Cycles of imports, types included: files in one can only be understood together. */
function findCycles(sources: readonly SourceFacts[]): Violation[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: Violation[] = [];
  const visit = (file: string): void => {
    if (done.has(file)) return;
    path.push(file);
    for (const { target, line, isPackage } of byFile.get(file)?.imports ?? []) {
      if (isPackage || !byFile.has(target)) continue;
      const start = path.indexOf(target);
      if (start < 0) visit(target);
      else {
        const message = `a cycle: ${[...path.slice(start), target].join(' -> ')}`;
        cycles.push({ file, line, message });
      }
    }
    path.pop();
    done.add(file);
  };
  for (const { file } of sources) visit(file);
  return cycles;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
