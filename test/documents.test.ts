import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLATE_NORMALISATIONS } from '../app/plates/plate-spelling.js';
import { READING_WARNINGS } from '../app/plates/reading-warnings.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../app/routes/examples.js';

const ROOT = join(import.meta.dirname, '..');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const NOT_OURS = ['node_modules', 'dist', 'coverage', '.git', '.cache', '.venv'];

/** By looking, as a copy of the tree need not have git. */
function markdownFiles(folder = '.'): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.includes(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

describe('the documents', () => {
  it('give every dependency its line of reason', () => {
    const manifest = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const text = read('docs/dependencies.md');
    const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
    expect(names.length).toBeGreaterThan(20);
    const missing = names.filter(
      (name) => !name.startsWith('@types/') && !text.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  it('pin every dependency to one version', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const versions = { ...manifest['dependencies'], ...manifest['devDependencies'] };
    const loose = Object.entries(versions).filter(
      ([, version]) => !/^v?\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('list every decision by its title', () => {
    const listed = [
      ...read('docs/decisions/README.md').matchAll(/^\| \[(\d+)\]\((.+)\) \| (.+) \|$/gm),
    ];
    const files = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
    expect(listed.map(([, , file]) => file)).toEqual(files.sort());
    for (const [, number, file = '', title] of listed) {
      expect(read(join('docs/decisions', file)).split('\n')[0]).toBe(`# ${number}. ${title}`);
    }
  });

  it('link only to what is there', () => {
    const dead: string[] = [];
    for (const file of markdownFiles()) {
      for (const [, target = ''] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|#|mailto:)/.test(target)) continue;
        const path = normalize(join(dirname(file), decodeURI(target.split('#')[0] ?? '')));
        if (!existsSync(join(ROOT, path))) dead.push(`${file}: ${target}`);
      }
    }
    expect(dead).toEqual([]);
  });

  it('explain every warning of a reading', () => {
    const rows = [...read('docs/readings.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map(
      ([, code]) => code,
    );
    expect(rows).toEqual([...READING_WARNINGS, ...PLATE_NORMALISATIONS]);
  });

  it("show the documented reading and the shipped model's true answer on the first screen", () => {
    const readme = read('README.md');
    const body = /-d '(\{[\s\S]*?\})'/.exec(readme)?.[1] ?? '';
    expect(JSON.parse(body)).toEqual(EXAMPLE_READING);
    expect(readme).toContain(JSON.stringify({ body: EXAMPLE_DECISION, status: 'ok' }));
  });
});
