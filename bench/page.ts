import type { ReportHead } from '../tools/report.js';
import type { Goal, Ratio } from './goals.js';

/**
 * One contender's figures over all rounds: medians, and the range of the rate. Percentiles are those
 * of a closed loop: how long a full queue is.
 */
export interface ContenderResult {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly requestsPerSecondMin: number;
  readonly requestsPerSecondMax: number;
  /** Over the Fastify echo on the same Node; Python services over that on the Node at hand. */
  readonly overFastify: Ratio | undefined;
  /** CPU time of the server's processes per request, µs. */
  readonly cpuMicrosPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

export interface ComparisonReport extends ReportHead {
  readonly settings: { rounds: number; seconds: number; connections: number; workers: number };
  readonly results: readonly ContenderResult[];
  readonly goals: readonly Goal[];
}

const BAR_WIDTH = 560;
const ROW_HEIGHT = 34;
const LABEL_WIDTH = 300;

/** One self-contained page with a bar per contender; the thin line is the range over the rounds. */
export function renderPage(report: ComparisonReport): string {
  const { results, settings } = report;
  const largest = Math.max(...results.map((result) => result.requestsPerSecondMax));
  const rows = results.map((result, i) => bar(result, i, largest)).join('');
  const height = results.length * ROW_HEIGHT + 8;
  const goals = report.goals
    .map((goal) => {
      const words = `${goal.about}: ${goal.ratio.median.toFixed(2)} x, goal ${goal.atLeast} x`;
      return `<li class="${goal.met ? 'met' : 'missed'}">${escape(words)}</li>`;
    })
    .join('');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>regno beside others</title>
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem}
svg text{font-size:13px;fill:currentColor}
.ours{fill:#2f7de1}.theirs{fill:#9aa5b1}.range{stroke:currentColor;stroke-width:1.5}
.met::marker{content:"✓ "}.missed::marker{content:"✗ "}.missed{color:#c0392b}
.small{opacity:.7}
</style>
<h1>Requests per second, side by side</h1>
<p class="small">${escape(report.date)} · ${escape(report.machine)}<br>
${settings.rounds} interleaved rounds of ${settings.seconds} s, ${settings.connections} connections,
${settings.workers} workers, medians · <code>${escape(report.command)}</code></p>
<svg viewBox="0 0 ${LABEL_WIDTH + BAR_WIDTH + 110} ${height}" role="img"
 aria-label="Bars of requests per second">${rows}</svg>
<ul>${goals}</ul>
</html>
`;
}

function bar(result: ContenderResult, index: number, largest: number): string {
  const scale = (rate: number): number => LABEL_WIDTH + (rate / largest) * BAR_WIDTH;
  const y = index * ROW_HEIGHT + 6;
  const middle = y + ROW_HEIGHT / 2 - 4;
  const [low, high] = [scale(result.requestsPerSecondMin), scale(result.requestsPerSecondMax)];
  const kind = result.name.startsWith('regno') ? 'ours' : 'theirs';
  const width = scale(result.requestsPerSecond) - LABEL_WIDTH;
  const rate = Math.round(result.requestsPerSecond).toLocaleString('en');
  return `
<text x="${LABEL_WIDTH - 10}" y="${middle + 5}" text-anchor="end">${escape(result.name)}</text>
<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${ROW_HEIGHT - 10}" rx="3"/>
<line class="range" x1="${low}" x2="${high}" y1="${middle}" y2="${middle}"/>
<text x="${high + 8}" y="${middle + 5}">${rate}</text>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (symbol) => `&#${symbol.charCodeAt(0)};`);
}
