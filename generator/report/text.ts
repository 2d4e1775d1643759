import type { LatencySummary } from '../latency.js';
import { OUTCOMES, OUTCOME_MEANING } from '../outcomes.js';
import type { ProveResult } from '../prove.js';

/** The report of a proof for a terminal: the verdict last, where the eye rests. */
export function textReport(result: ProveResult): string {
  const { settings } = result;
  const lines = [
    '',
    `regno load generator ${result.version}, open loop, ${result.startedAt}`,
    `${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}`,
    `target    ${settings.urls.join(', ')}`,
    `load      ${number(settings.rate)} requests/s for ${number(settings.durationSeconds)} s after ` +
      `${number(settings.warmUpSeconds)} s of warm-up; up to ${settings.connections} connections, ` +
      `${settings.threads} ${settings.threads === 1 ? 'thread' : 'threads'}; ${settings.data}, ` +
      `${percent(settings.repeatShare)} repeats, seed ${settings.seed}`,
    '',
    ...latencyTable(result.latency, result.service),
    '',
    `answered  ${number(result.outcomes.ok + result.outcomes.refused)} of ${number(result.requests)} ` +
      `(${number(result.answeredPerSecond, 1)} per second)`,
    ...errorLines(result),
    ...lateLines(result),
    `generator ${number(result.generator.cpuMicrosPerRequest, 0)} µs of CPU per request, ` +
      `${number(result.generator.cores, 2)} cores, busiest thread ` +
      `${percent(result.generator.utilizationMax)} busy`,
    '',
    ...result.verdict.sentences,
    '',
  ];
  return lines.join('\n');
}

function latencyTable(latency: LatencySummary, service: LatencySummary): string[] {
  const names = latency.percentiles.map(({ percentile }) => `p${percentile}`);
  const row = (title: string, values: readonly string[]): string =>
    `${title.padEnd(10)}${values.map((value) => value.padStart(9)).join('')}`;
  const values = (summary: LatencySummary): string[] => [
    ...summary.percentiles.map(({ ms }) => ms.toFixed(2)),
    summary.max.toFixed(2),
    summary.mean.toFixed(2),
  ];
  if (latency.count === 0) return ['latency   nothing was answered'];
  return [
    row('ms', [...names, 'max', 'mean']),
    row('latency', values(latency)),
    row('service', service.count === 0 ? [] : values(service)),
    'Latency counts from the intended send time, service from the actual send.',
  ];
}

function errorLines(result: ProveResult): string[] {
  if (result.errors === 0) return ['errors    none'];
  const kinds = OUTCOMES.filter(
    (outcome) => outcome !== 'ok' && outcome !== 'refused' && result.outcomes[outcome] > 0,
  );
  return [
    `errors    ${number(result.errors)} (${percent(result.errors / result.requests)})`,
    ...kinds.map(
      (kind) => `          ${number(result.outcomes[kind])} ${kind}: ${OUTCOME_MEANING[kind]}`,
    ),
  ];
}

function lateLines(result: ProveResult): string[] {
  const { over1Ms, over10Ms, worstMs, p99Ms } = result.lateSends;
  return [
    `late      ${number(over1Ms)} sends over 1 ms behind schedule, ${number(over10Ms)} over 10 ms; ` +
      `99 % within ${p99Ms.toFixed(2)} ms, worst ${worstMs.toFixed(1)} ms`,
  ];
}

function number(value: number, digits = 2): string {
  if (Number.isNaN(value)) return 'unknown';
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

function percent(share: number): string {
  return `${number(share * 100, share < 0.001 ? 4 : 2)} %`;
}
