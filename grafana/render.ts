import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import type { DashboardJson } from './render/dashboard-json.js';
import { viewOf, type BoardView } from './render/view.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const DASHBOARDS = join(HERE, 'dashboards');
const WIDTH_PIXELS = 1680;
const POINTS = 360;
const STEP_MIN_SECONDS = 1;

/** What README shows. */
const PICTURES = ['overview', 'cameras', 'load-proof'];

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://localhost:9090' },
    board: { type: 'string', multiple: true, default: PICTURES },
    out: { type: 'string', default: join(HERE, '../docs/images') },
    range: { type: 'string', default: '900' },
    end: { type: 'string' },
    'rate-interval': { type: 'string', default: '1m' },
    rows: { type: 'string' },
    chromium: { type: 'string', default: 'chromium' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`Draws dashboards of grafana/dashboards as PNGs, from the queries of their panels.

  npm run pictures -- --prometheus http://localhost:9090

  --prometheus URL     where the data is (default http://localhost:9090, that of npm run stack)
  --board NAME         one of ${boards().join(', ')};
                       may be repeated (default: ${PICTURES.join(', ')})
  --out FOLDER         gets NAME.png of each board (default docs/images)
  --range SECONDS      how far back (default 900)
  --end UNIX_SECONDS   up to when (default now)
  --rate-interval D    what $__rate_interval stands for (default 1m)
  --rows N             only the first N rows of the dashboard
  --chromium PATH      Chromium to draw with (default: chromium on the PATH, as Debian has it)`);
} else {
  try {
    for (const name of values.board) await drawBoard(name);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Names of the dashboards, as in their files. */
function boards(): readonly string[] {
  return readdirSync(DASHBOARDS).flatMap((file) => /^regno-(.+)\.json$/.exec(file)?.[1] ?? []);
}

async function drawBoard(name: string): Promise<void> {
  const file = join(DASHBOARDS, `regno-${name}.json`);
  if (!existsSync(file)) {
    throw new Error(`--board: expected one of ${boards().join(', ')}, got ${name}`);
  }
  const board = JSON.parse(readFileSync(file, 'utf8')) as DashboardJson;
  const end = Math.floor(values.end === undefined ? Date.now() / 1000 : Number(values.end));
  const seconds = Number(values.range);
  const step = Math.max(STEP_MIN_SECONDS, Math.ceil(seconds / POINTS));
  const view = await viewOf(firstRows(board, Number(values.rows ?? Infinity)), {
    url: values.prometheus,
    range: { start: end - seconds, end, step },
    expand: (expr) =>
      expr
        .replaceAll('$__rate_interval', values['rate-interval'])
        .replaceAll('$generator', 'generator')
        .replace(/\$\w+/g, '.*'),
  });
  const out = resolve(values.out, `${name}.png`);
  mkdirSync(dirname(out), { recursive: true });
  await draw(page(view), out);
  console.log(out);
}

/** A dashboard down to its n-th row's end. */
function firstRows(board: DashboardJson, rows: number): DashboardJson {
  const heads = board.panels.filter(({ type }) => type === 'row');
  const end = heads[rows]?.gridPos.y ?? Infinity;
  return { ...board, panels: board.panels.filter(({ gridPos }) => gridPos.y < end) };
}

/** One page with everything in it: styles, chart library, script and data. */
function page(view: BoardView): string {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const text = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${view.title}</title>
<style>${text(uplot, 'dist/uPlot.min.css')}${text(HERE, 'render/page.css')}</style></head><body>
<script>${text(uplot, 'dist/uPlot.iife.min.js')}</script>
<script>const VIEW = ${JSON.stringify(view).replaceAll('<', '\\u003c')};</script>
<script>${text(HERE, 'render/page.js')}</script></body></html>`;
}

async function draw(html: string, out: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--force-color-profile=srgb'],
  });
  try {
    const context = await browser.newContext({
      viewport: { width: WIDTH_PIXELS, height: 900 },
      deviceScaleFactor: 1.5,
    });
    const tab = await context.newPage();
    const faults: string[] = [];
    tab.on('pageerror', (error) => faults.push(error.message));
    await tab.setContent(html, { waitUntil: 'load' });
    if (faults.length > 0) throw new Error(`the page could not be drawn: ${faults.join('; ')}`);
    writeFileSync(out, await tab.screenshot({ fullPage: true, type: 'png' }));
  } finally {
    await browser.close();
  }
}

function chromiumPath(): string {
  if (values.chromium.includes('/')) return values.chromium;
  return join('/usr/bin', values.chromium);
}
