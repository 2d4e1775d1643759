import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerHelp } from '../tools/help-option.mjs';
import { build } from './board.js';
import { BOARDS } from './boards.js';

export const DASHBOARDS = fileURLToPath(new URL('dashboards/', import.meta.url));

/** File name -> text of every dashboard, as Grafana will read it. */
export function render(): ReadonlyMap<string, string> {
  return new Map(
    BOARDS.map((board) => [`${board.uid}.json`, `${JSON.stringify(build(board), null, 2)}\n`]),
  );
}

/** Names of dashboards that are missing, differ, or belong to no board any more. */
export function drift(): readonly string[] {
  const wanted = render();
  const present = readdirSync(DASHBOARDS);
  const stray = present.filter((name) => !wanted.has(name));
  const changed = [...wanted.keys()].filter(
    (name) =>
      !present.includes(name) || readFileSync(join(DASHBOARDS, name), 'utf8') !== wanted.get(name),
  );
  return [...changed, ...stray];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  answerHelp(
    'usage: npm run sync:dashboards [-- --check]\nWrites the dashboards; --check only compares.',
    ['--check'],
  );
  mkdirSync(DASHBOARDS, { recursive: true });
  if (process.argv.includes('--check')) {
    const names = drift();
    if (names.length > 0) {
      console.error(`grafana/dashboards differs from its source: ${names.join(', ')}`);
      console.error('Run `npm run sync:dashboards` and commit what it writes.');
      process.exitCode = 1;
    }
  } else {
    for (const [name, text] of render()) writeFileSync(join(DASHBOARDS, name), text);
    console.log(`${BOARDS.length} dashboards written to grafana/dashboards`);
  }
}
