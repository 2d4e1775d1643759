import { parse as parseMediaRange } from 'content-type';
import Negotiator from 'negotiator';
import { METRICS } from './catalogue.js';
import { bucketsOf, type Exemplar } from './recorder.js';

/** What a scraper gets that asks for it: OpenMetrics, which unlike the older format has exemplars. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const BUCKETS = `${METRICS.httpDuration.name}_bucket{`;

/**
 * Whether an `accept` header prefers OpenMetrics to the older format, as that of Prometheus does (RFC
 * 9110, 12.5.1). Of two that are wanted alike the first counts; who wants neither gets the older one.
 */
export function asksForOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const negotiator = new Negotiator({ headers: { accept: withKnownParameters(accept) } });
  return negotiator.mediaType([TEXT_FORMAT, OPEN_METRICS_FORMAT]) === OPEN_METRICS_FORMAT;
}

const TEXT_FORMAT = 'text/plain; version=0.0.4';
const OPEN_METRICS_FORMAT = 'application/openmetrics-text; version=1.0.0';

/** Scrapers also name a charset or a way to escape names, which do not tell the two formats apart. */
function withKnownParameters(accept: string): string {
  const ranges: string[] = [];
  for (let start = 0; start < accept.length;) {
    const { type, parameters, index } = parseMediaRange(accept, { comma: true, start });
    const kept = ['version', 'q'].filter((name) => parameters[name] !== undefined);
    ranges.push([type, ...kept.map((name) => `${name}=${parameters[name]}`)].join(';'));
    start = index + 1;
  }
  return ranges.join(',');
}

/**
 * Prometheus' text as OpenMetrics: counters are declared without their `_total`, no line is empty,
 * and there is an end. (prom-client can do it too, but then renames its metrics for good.)
 *
 * @param exemplars at most one per route and bucket
 */
export function toOpenMetrics(text: string, exemplars: readonly Exemplar[]): string {
  const byBucket = new Map(exemplars.map((one) => [`${one.route} ${edgeOf(one.seconds)}`, one]));
  const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(([, n]) => n));
  const lines = text.split('\n').filter((line) => line !== '');
  const written = lines.map((line) => {
    if (line.startsWith(BUCKETS)) return withExemplar(line, byBucket);
    const [, kind, name = '', rest] = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line) ?? [];
    return counters.has(name) ? `# ${kind} ${name} ${rest}` : line;
  });
  return `${written.join('\n')}\n# EOF\n`;
}

function withExemplar(line: string, byBucket: ReadonlyMap<string, Exemplar>): string {
  const route = /[{,]route="([^"]*)"/.exec(line)?.[1] ?? '';
  const edge = /[{,]le="([^"]*)"/.exec(line)?.[1] ?? '';
  const exemplar = byBucket.get(`${route} ${edge}`);
  if (exemplar === undefined) return line;
  const { traceId, seconds, at } = exemplar;
  return `${line} # {trace_id="${traceId}"} ${seconds} ${at.toFixed(3)}`;
}

/** The bucket's upper edge, as the text writes it. */
function edgeOf(seconds: number): string {
  const edge = bucketsOf(METRICS.httpDuration).find((upper) => seconds <= upper);
  return edge === undefined ? '+Inf' : String(edge);
}
