import { secretValues } from './config/secret-values.js';
import type { Config } from './config/load-config.js';
import { SharedRead } from './serving/shared-read.js';
import { createErrorReporter } from './telemetry/errors/sentry.js';
import { createLogger, type Logger } from './telemetry/logs/logger.js';
import { createRedactor } from './telemetry/logs/redact.js';
import { SCRAPE_INTERVAL_MS, type Scraped } from './telemetry/metrics/cluster-metrics.js';
import { createMetricsRegistry } from './telemetry/metrics/exposition.js';
import type { MetricsTotals } from './telemetry/metrics/totals.js';
import type { SpanFate } from './telemetry/tracing/span-queue.js';
import { createTraceExport, type TraceExport } from './telemetry/tracing/trace-export.js';
import { REGNO_VERSION } from './version.js';

const FLUSH_TIMEOUT_MS = 2000;

/** What the primary reports of itself, and of its workers for them. */
export interface PrimaryTelemetry {
  readonly log: Logger;
  /** Hands a fault to the error service, where one is set up. */
  readonly report: (error: unknown, kind: 'worker' | 'uncaught') => void;
  /** Undefined where traces are not exported. */
  readonly tracing: Promise<TraceExport | undefined>;
  readonly readMetrics: () => Promise<Scraped>;
  /** Sends what waits, before the process ends. */
  readonly flush: () => Promise<void>;
}

/** Log, reports of faults, traces and metrics of the primary; each as far as it is configured. */
export function createPrimaryTelemetry(config: Config, totals: MetricsTotals): PrimaryTelemetry {
  const redact = createRedactor(secretValues(config));
  const log = createLogger({
    level: config.logLevel,
    process: 'primary',
    onWritten: (level) => totals.add('logLines', [level], 1),
    onDropped: (level) => totals.add('logLinesDropped', [level], 1),
    redact,
  });
  const reporting = createErrorReporter({
    dsn: config.sentryDsn,
    environment: config.environment,
    release: `regno@${REGNO_VERSION}`,
    tags: { process: 'primary' },
    onEvent: (result) => totals.add('sentryEvents', [result], 1),
    redact,
  });
  const tracing = startTraceExport(config, totals, log);
  const report = (error: unknown, kind: 'worker' | 'uncaught'): void => {
    void reporting.then((reporter) => reporter.report(error, { kind }));
  };
  const flush = async (): Promise<void> => {
    await Promise.all([
      reporting.then((reporter) => reporter.flush(FLUSH_TIMEOUT_MS)),
      tracing.then((traces) => traces?.stop(FLUSH_TIMEOUT_MS)),
    ]);
  };
  return { log, report, tracing, readMetrics: readMetricsOf(totals), flush };
}

/** The metrics of all workers as text; many who ask at once share one rendering. */
function readMetricsOf(totals: MetricsTotals): () => Promise<Scraped> {
  const registry = createMetricsRegistry(totals);
  const read = new SharedRead(
    async (): Promise<Scraped> => {
      totals.refresh();
      return {
        contentType: registry.contentType,
        text: await registry.metrics(),
        exemplars: totals.exemplars(),
      };
    },
    { intervalMs: SCRAPE_INTERVAL_MS, askersMax: Infinity },
  );
  return () => read.ask();
}

/** Traces are what regno can do without: where their export cannot be set up, the log says so. */
async function startTraceExport(
  { otlpUrl, environment, workers }: Config,
  totals: MetricsTotals,
  log: Logger,
): Promise<TraceExport | undefined> {
  if (otlpUrl === undefined) return undefined;
  const onSpans = (fate: SpanFate, count: number): void => totals.add('traceSpans', [fate], count);
  try {
    const source = { version: REGNO_VERSION, environment };
    return await createTraceExport({ url: otlpUrl, ...source, workers, onSpans });
  } catch (error) {
    log.error('traces cannot be sent', { error });
    return undefined;
  }
}
