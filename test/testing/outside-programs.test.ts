import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OUTSIDE_PROGRAMS, declaredPrograms, type OutsideName } from './outside-programs.js';
import { lacks } from './lacks.js';
import { pathWithout } from './path-without.js';

const ROOT = join(import.meta.dirname, '../..');
const NAMES = Object.keys(OUTSIDE_PROGRAMS) as OutsideName[];
/** Every Debian has these, or the test does without or makes its own; npm comes with Node. */
const ALWAYS_THERE = [
  'sh',
  'tar',
  'npm',
  'sleep',
  'mkfifo',
  'mount',
  'umount',
  'apt-get',
  'setsid',
  'taskset',
  'docker',
];
/**
 * The list itself, what brings its programs, what only commands of their own start, and the service,
 * which starts nothing but itself.
 */
const NOT_READ =
  /^(app\/(?!.*testing\/)|test\/containers\/|test\/testing\/(outside|provide)-programs|bench\/python-peers|tools\/node24)/;

const testFiles = ['app', 'bench', 'generator', 'grafana', 'scripts', 'test', 'tools']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  )
  .filter(
    (file) => /\.(test|faults)\.ts$/.test(file) && file !== relative(ROOT, import.meta.filename),
  );

/** Where a program's name may stand in a source: as what is started, or what is looked for. */
const STARTED =
  /\b(?:(?:spawn|spawnSync|execFile|execFileSync|run|check|pathOf|preparePython)\(\s*|start\('[\w-]+', |(?:command|program): (?='[^']+',\s+args))'([^'/-][^'/]*)'/g;

describe('outside programs of tests', () => {
  it.each(testFiles)('%s declares what it starts, itself or through what it imports', (file) => {
    const declared = declaredPrograms(readFileSync(join(ROOT, file), 'utf8'));
    const started = readWithImports(file).flatMap((source) =>
      [...source.matchAll(STARTED)].map(([, name = '']) => name),
    );
    const needed = new Set(started.filter((name) => !ALWAYS_THERE.includes(name)));
    expect([...declared].sort()).toEqual([...needed].sort());
  });

  it('are known to the run where a file declares them, and a mistake is reported', () => {
    expect(() => lacks(...(['openssl'] as const))).toThrow(/in the test file itself/);
    // Not written as a call, which would declare them for this file.
    const source = "a(CALL('redis-server'), CALL(\n 'amtool',\n 'ps',\n))".replaceAll(
      'CALL',
      'lacks',
    );
    expect(declaredPrograms(source)).toEqual(['redis-server', 'amtool', 'ps']);
  });

  it('are each missed by name where they are not on the PATH and must not be brought', () => {
    const path = pathWithout(Object.values(OUTSIDE_PROGRAMS).flatMap(({ commands }) => commands));
    onTestFinished(() => rmSync(path, { recursive: true }));
    const absent = join(path, 'absent');
    const program = JSON.stringify(join(import.meta.dirname, 'provide-programs.ts'));
    const script = `import { providePrograms } from ${program};
      console.log(JSON.stringify(await providePrograms(${JSON.stringify(NAMES)})));`;
    const asked = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { PATH: path, TEST_PROVIDE: 'no', ZOO_VENV: absent, SCHEMATHESIS_VENV: absent },
      },
    );
    expect(asked.stderr).toBe('');
    const reasons = JSON.parse(asked.stdout) as Record<string, string>;
    expect(Object.keys(reasons)).toEqual(NAMES);
    for (const name of NAMES) {
      expect(reasons[name]).toContain('TEST_PROVIDE=no');
      for (const one of OUTSIDE_PROGRAMS[name].packages) expect(reasons[name]).toContain(one);
    }
  });
});

/** A file's text and those of all files of this repository that it names, directly or through others. */
function readWithImports(file: string, seen = new Map<string, string>()): readonly string[] {
  if (!seen.has(file) && (file.endsWith('.test.ts') || !NOT_READ.test(file))) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    seen.set(file, text);
    for (const [, , path = ''] of text.matchAll(/(['"`])([\w./-]+\.(?:js|ts|mjs))\1/g)) {
      const named = findFile(file, path);
      if (named !== undefined) readWithImports(named, seen);
    }
  }
  return [...seen.values()];
}

function findFile(from: string, path: string): string | undefined {
  const places = [join(dirname(from), path), path];
  return places
    .flatMap((place) => [place, place.replace(/\.js$/, '.ts')])
    .find(
      (place) =>
        !/^(\.\.|dist\/|vitest\.config)|\.test\.ts$/.test(place) && existsSync(join(ROOT, place)),
    );
}
