import { percentileOf, type LatencySummary, type PercentilePoint } from '../latency.js';
import { OUTCOMES, OUTCOME_MEANING, isError } from '../outcomes.js';
import type { ProveResult } from '../prove.js';
import { chart, escapeHtml, shortNumber, type ChartSpec, type Series } from './chart.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.js';

/** One self-contained page: no file, font or script from elsewhere. */
export function htmlReport(result: ProveResult): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>regno load report: ${result.verdict.kind}</title><style>${PAGE_STYLE}</style></head>
<body><main>
${pageHead(result)}
${verdictBox(result)}
${cards(result)}
<div class="grid2">
${chart(byPercentile(result))}
${chart(overTime(result))}
${chart(rates(result))}
${errorsFigure(result)}
</div>
${latencyTable(result)}
${settingsTable(result)}
</main><script>${PAGE_SCRIPT}</script></body></html>
`;
}

function pageHead(result: ProveResult): string {
  const { settings, machine } = result;
  const load = `${shortNumber(settings.rate)} requests/s for ${shortNumber(settings.durationSeconds)} s`;
  return `<header><div><h1>Load report: ${load}, open loop</h1>
<p class="soft">${escapeHtml(settings.urls.join(', '))} · ${escapeHtml(result.startedAt)} · ${escapeHtml(machine.cpu)}, ${machine.cores} cores, Node ${escapeHtml(machine.node)} · regno generator ${escapeHtml(result.version)}</p></div>
<button type="button">Light / dark</button></header>`;
}

function verdictBox(result: ProveResult): string {
  const [first = '', ...more] = result.verdict.sentences.map(escapeHtml);
  const rest = more.map((sentence) => `<p class="soft">${sentence}</p>`).join('');
  const at = first.indexOf(':');
  const head = `<strong>${first.slice(0, at)}</strong>${first.slice(at)}`;
  return `<section class="verdict ${result.verdict.kind}"><p>${head}</p>${rest}</section>`;
}

function cards(result: ProveResult): string {
  const { latency, lateSends, generator } = result;
  const list: readonly (readonly [string, string])[] = [
    [ms(percentileOf(latency, 50)), 'p50, from the intended send'],
    [ms(percentileOf(latency, 99)), 'p99'],
    [ms(percentileOf(latency, 99.9)), 'p99.9'],
    [ms(latency.max), 'longest'],
    [
      `${shortNumber(result.answeredPerSecond)}/s`,
      `answered of ${shortNumber(result.settings.rate)}/s`,
    ],
    [shortNumber(result.errors), `errors in ${shortNumber(result.requests)} requests`],
    [shortNumber(lateSends.over10Ms), `sends over 10 ms late, worst ${ms(lateSends.worstMs)}`],
    [`${shortNumber(generator.cpuMicrosPerRequest)} µs`, 'generator CPU per request'],
  ];
  const html = list.map(
    ([value, label]) => `<div class="card"><b>${value}</b><span>${escapeHtml(label)}</span></div>`,
  );
  return `<div class="cards">${html.join('')}</div>`;
}

/** The plot that HDR histograms are known for: x is the number of nines. */
function byPercentile(result: ProveResult): ChartSpec {
  const { latencyDistribution, serviceDistribution } = result;
  const nines = Math.log10(Math.max(10, result.latency.count));
  const x = (point: PercentilePoint): number =>
    point.percentile >= 100 ? nines : -Math.log10(1 - point.percentile / 100);
  const series = (
    name: string,
    tone: Series['tone'],
    points: readonly PercentilePoint[],
  ): Series => ({
    name,
    tone,
    points: points.map((point) => [x(point), point.ms]),
  });
  const ticks = ['0', '90', '99', '99.9', '99.99', '99.999', '99.9999'];
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    note: 'Each step to the right is one more nine. Where the lines part, requests waited to be sent.',
    series: [
      series('latency (from intended send)', 'a', latencyDistribution),
      series('service time (from actual send)', 'b', serviceDistribution),
    ],
    xTicks: ticks.slice(0, Math.floor(nines) + 1).map((label, at) => ({ at, label: `p${label}` })),
    unit: 'ms',
    limits: limitsOf(result),
    logarithmic: true,
    xWords: latencyDistribution.map(({ percentile }) => `p${shortPercentile(percentile)}`),
  };
}

function overTime(result: ProveResult): ChartSpec {
  const { timeline } = result;
  const line = (name: 'p50' | 'p99' | 'max', tone: Series['tone']): Series => ({
    name,
    tone,
    points: timeline.map((slot) => [slot.second, slot[name]]),
  });
  return {
    id: 'timeline',
    title: 'Latency over time',
    note: 'Of the requests that were due in each second.',
    series: [line('p50', 'a'), line('p99', 'b'), line('max', 'quiet')],
    ...timeAxis(result),
    unit: 'ms',
    limits: limitsOf(result),
    logarithmic: true,
  };
}

function rates(result: ProveResult): ChartSpec {
  const { timeline } = result;
  return {
    id: 'rates',
    title: 'Intended and achieved rate',
    note: 'Sent below intended: the generator or its connections held back. Answered below sent: errors.',
    series: [
      {
        name: 'answered',
        tone: 'a',
        points: timeline.map((slot) => [slot.second, slot.answeredRate]),
      },
      { name: 'sent', tone: 'b', points: timeline.map((slot) => [slot.second, slot.sentRate]) },
      {
        name: 'intended',
        tone: 'quiet',
        dashed: true,
        points: timeline.map((slot) => [slot.second, slot.intendedRate]),
      },
    ],
    ...timeAxis(result),
    unit: 'requests/s',
    logarithmic: false,
  };
}

function timeAxis(result: ProveResult): Pick<ChartSpec, 'xTicks' | 'xWords'> {
  const seconds = result.timeline.at(-1)?.second ?? 0;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];
  const step = steps.find((one) => seconds / one <= 8) ?? 43_200;
  const count = Math.floor(seconds / step);
  return {
    xTicks: Array.from({ length: count + 1 }, (_, i) => ({ at: i * step, label: `${i * step} s` })),
    xWords: result.timeline.map(({ second }) => `second ${second}`),
  };
}

function errorsFigure(result: ProveResult): string {
  const kinds = OUTCOMES.filter((outcome) => isError(outcome) && result.outcomes[outcome] > 0);
  const most = Math.max(1, ...kinds.map((kind) => result.outcomes[kind]));
  const rows = kinds.map((kind) => {
    const count = result.outcomes[kind];
    const width = Math.round((count / most) * 100);
    return `<tr><td title="${escapeHtml(OUTCOME_MEANING[kind])}">${kind}</td><td>${shortNumber(count)}</td><td class="wide"><div class="bar" style="width:${width}%"></div></td></tr>
<tr><td colspan="3" class="words soft">${escapeHtml(OUTCOME_MEANING[kind])}</td></tr>`;
  });
  const body =
    rows.length === 0
      ? '<p class="soft">None: every request was answered, and every answer that was checked was right.</p>'
      : `<table>${rows.join('')}</table>`;
  return `<figure id="errors"><figcaption><h2>Errors by kind</h2></figcaption>${body}</figure>`;
}

function latencyTable(result: ProveResult): string {
  const columns = result.latency.percentiles.map(({ percentile }) => `<th>p${percentile}</th>`);
  const row = (name: string, summary: LatencySummary): string => {
    const cells = [
      summary.min,
      summary.mean,
      ...summary.percentiles.map((point) => point.ms),
      summary.max,
    ];
    return `<tr><td>${name}</td>${cells.map((value) => `<td>${shortNumber(value)}</td>`).join('')}</tr>`;
  };
  return `<section class="table"><h2>Latency, ms</h2><table><tr><th></th><th>min</th><th>mean</th>${columns.join('')}<th>max</th></tr>
${row('latency', result.latency)}${row('service', result.service)}</table></section>`;
}

function settingsTable(result: ProveResult): string {
  const { settings, generator, lateSends, warmUp } = result;
  const rows: readonly (readonly [string, string])[] = [
    [
      'Warm-up',
      `${settings.warmUpSeconds} s, ${shortNumber(warmUp.requests)} requests, ${shortNumber(warmUp.errors)} errors, not measured`,
    ],
    [
      'Connections and threads',
      `up to ${settings.connections} connections · sending threads: ${settings.threads} · keys: ${settings.keyCount}`,
    ],
    [
      'Readings',
      `${settings.data}, seed ${settings.seed}, ${settings.repeatShare * 100} % repeats, ${settings.faultyShare * 100} % faulty on purpose`,
    ],
    ['Answers checked', `${settings.checkShare * 100} %; time limit ${settings.timeoutSeconds} s`],
    [
      'Late sends',
      `${shortNumber(lateSends.over1Ms)} over 1 ms, ${shortNumber(lateSends.over10Ms)} over 10 ms; 99 % within ${ms(lateSends.p99Ms)}`,
    ],
    [
      'Generator',
      `${shortNumber(generator.cores)} cores, busiest thread ${shortNumber(generator.utilizationMax * 100)} % busy, ${shortNumber(generator.rssBytes / 2 ** 20)} MiB`,
    ],
    [
      'Machine',
      `${result.machine.cpu}, ${result.machine.cores} cores, ${result.machine.memoryGiB} GiB, ${result.machine.system}`,
    ],
  ];
  const html = rows.map(
    ([name, value]) => `<tr><td>${name}</td><td class="words">${escapeHtml(value)}</td></tr>`,
  );
  return `<section class="table"><h2>How it was measured</h2><table>${html.join('')}</table></section>`;
}

function limitsOf(result: ProveResult): { at: number; label: string }[] {
  const { p99Ms, p999Ms } = result.settings.limits;
  const lines = [];
  if (p99Ms !== null) lines.push({ at: p99Ms, label: `limit p99 ${p99Ms} ms` });
  if (p999Ms !== null) lines.push({ at: p999Ms, label: `limit p99.9 ${p999Ms} ms` });
  return lines;
}

function shortPercentile(percentile: number): string {
  return percentile >= 100
    ? '100'
    : percentile.toPrecision(percentile > 99.9 ? 6 : 4).replace(/\.?0+$/, '');
}

function ms(value: number): string {
  return `${shortNumber(value)} ms`;
}
