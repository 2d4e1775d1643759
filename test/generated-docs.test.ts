import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../app/telemetry/metrics/catalogue.js';
import { createProgram } from '../app/cli/program.js';
import { SETTINGS } from '../app/config/schema.js';
import { REFUSALS } from '../app/routes/refusal.js';
import { MODEL_ERROR_ADVICE } from '../scripts/docs/error-advice.js';
import { GENERATED_FILES } from '../scripts/docs/generated-files.js';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const headingsOf = (path: string): string[] =>
  read(path)
    .split('\n')
    .filter((line) => line.startsWith('##'))
    .map((line) => line.replace(/^#+ /, ''));

describe('the generated documents', () => {
  it.each(GENERATED_FILES.map(({ path, render }) => ({ path, render })))(
    '$path is what "npm run sync:docs" would write',
    async ({ path, render }) => {
      expect(read(path)).toBe(await render());
    },
  );

  it.each([
    ['setting', 'docs/configuration.md', Object.values(SETTINGS).map(({ env }) => env)],
    ['metric', 'docs/metrics.md', Object.values(METRICS).map(({ name }) => name)],
    ['refusal', 'docs/errors.md', Object.keys(REFUSALS)],
    ['code of a ModelError', 'docs/errors.md', Object.keys(MODEL_ERROR_ADVICE)],
    ['command', 'docs/cli.md', createProgram().commands.map((c) => `regno ${c.name()}`)],
  ])('have a heading for each %s in %s', (_, path, names) => {
    expect(names.length).toBeGreaterThan(4);
    expect(headingsOf(path)).toEqual(expect.arrayContaining(names));
  });

  it('name every reason of a refusal that is counted', () => {
    const reasons = new Set<string>(Object.values(REFUSALS).map(({ reason }) => reason));
    for (const uncounted of ['internal', 'draining']) expect(reasons.delete(uncounted)).toBe(true);
    const named = METRICS.refusals.help.replace(/\..*/, '').split(': ')[1]?.split(', ');
    expect(named?.sort()).toEqual([...reasons].sort());
  });

  it('link to headings and files that are there', () => {
    for (const { path } of GENERATED_FILES.filter((file) => file.path.endsWith('.md'))) {
      for (const [, target = '', anchor] of read(path).matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)) {
        const file = target === '' ? path : join('docs', target);
        const headings = anchor === undefined ? [] : headingsOf(file);
        if (anchor === undefined) expect(read(file)).not.toBe('');
        else expect(headings.map((heading) => heading.toLowerCase())).toContain(anchor);
      }
    }
  });

  it('leave an example environment that changes nothing as it stands', () => {
    const lines = read('.env.example').split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
    const names = lines.flatMap((line) => /^#([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual(Object.values(SETTINGS).map(({ env }) => env));
  });
});
