import { randomBytes } from 'node:crypto';
import { Faults, type FaultNote } from './telemetry/errors/faults.js';
import { createLogger, type Logger } from './telemetry/logs/logger.js';
import type { MetricsRecorder } from './telemetry/metrics/recorder.js';
import { PlatePseudonyms } from './plates/plate-pseudonyms.js';
import { createRedactor } from './telemetry/logs/redact.js';
import { RequestLog } from './telemetry/logs/request-log.js';
import { createErrorReporter } from './telemetry/errors/sentry.js';
import type { TraceRecord } from './telemetry/tracing/trace-record.js';
import { NO_TRACING, createTracing, type Tracing } from './telemetry/tracing/tracing.js';
import type { Config } from './config/load-config.js';
import { secretValues } from './config/secret-values.js';
import type { ReadingRules } from './plates/reading-rules.js';
import type { ModelIdentity } from './serving/ports.js';
import { REGNO_VERSION } from './version.js';

export interface TelemetryParts {
  readonly config: Config;
  readonly slot: string;
  readonly recorder: MetricsRecorder;
  readonly log: Logger;
  readonly model: ModelIdentity;
  readonly rules: ReadingRules;
  /** Called for each fault, for the operator's page. */
  readonly note: (fault: FaultNote) => void;
  /** Takes traces for the collector. */
  readonly sendTraces: (records: readonly TraceRecord[]) => void;
  /** Seconds on the clock of the requests. */
  readonly now: () => number;
}

/** What a worker reports of its requests and faults. */
export interface Telemetry {
  readonly faults: Faults;
  readonly requestLog: RequestLog;
  readonly tracing: Tracing;
  /** Sends what waits to Sentry, before the process ends. */
  readonly flush: () => Promise<void>;
}

const FLUSH_TIMEOUT_MS = 2000;

export function createWorkerLog(config: Config, slot: string, recorder: MetricsRecorder): Logger {
  return createLogger({
    level: config.logLevel,
    process: `worker-${slot}`,
    onWritten: (level) => recorder.counter('logLines', level).inc(),
    onDropped: (level) => recorder.counter('logLinesDropped', level).inc(),
    redact: createRedactor(secretValues(config)),
  });
}

/** Log of requests, reports of faults and traces of a worker; each as far as it is configured. */
export async function createTelemetry(parts: TelemetryParts): Promise<Telemetry> {
  const { config, slot, recorder, log, model, rules, note, sendTraces, now } = parts;
  const redact = createRedactor(secretValues(config));
  const reporter = await createErrorReporter({
    dsn: config.sentryDsn,
    environment: config.environment,
    release: `regno@${REGNO_VERSION}`,
    tags: {
      process: `worker-${slot}`,
      model: `${model.name}@${model.version}`,
      modelDigest: model.digest,
    },
    onEvent: (result) => recorder.counter('sentryEvents', result).inc(),
    redact,
  });
  const faults = new Faults({
    process: `worker-${slot}`,
    log,
    reporter,
    note,
    redact,
    onHeldBack: () => {
      recorder.counter('logLinesDropped', 'error').inc();
      if (config.sentryDsn !== undefined) recorder.counter('sentryEvents', 'dropped').inc();
    },
    now,
  });
  const tracing =
    config.otlpUrl === undefined
      ? NO_TRACING
      : createTracing({
          sampleRatio: config.traceSampleRatio,
          send: sendTraces,
          onDropped: () => recorder.counter('traceSpans', 'dropped').inc(),
          now,
        });
  const plates = new PlatePseudonyms(config.logHmacKey ?? randomBytes(32).toString('hex'), rules);
  const requestLog = new RequestLog({
    log,
    onDropped: (level) => recorder.counter('logLinesDropped', level).inc(),
    pseudonyms: (body) => plates.of(body),
    sampleRatio: config.logSampleRatio,
    slowSeconds: config.slowRequestMs / 1000,
    linesPerSecond: config.logLinesPerSecond,
    now,
    random: Math.random,
  });
  return {
    faults,
    requestLog,
    tracing,
    flush: () => reporter.flush(FLUSH_TIMEOUT_MS),
  };
}
