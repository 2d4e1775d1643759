import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { createFork } from './cluster/fork-worker.js';
import { keepPort } from './cluster/keep-port.js';
import { Reloader } from './cluster/reloader.js';
import { Supervisor } from './cluster/supervisor.js';
import { Watchdog } from './cluster/watchdog.js';
import { logModelFault } from './telemetry/logs/log-model-fault.js';
import { closeLogger, createLogger, type Logger } from './telemetry/logs/logger.js';
import { SCRAPE_INTERVAL_MS } from './telemetry/metrics/cluster-metrics.js';
import { createMetricsRegistry } from './telemetry/metrics/exposition.js';
import { MetricsTotals } from './telemetry/metrics/totals.js';
import { readModelFiles } from './registry/model-files.js';
import { createRedactor } from './telemetry/logs/redact.js';
import { RedisLog } from './cluster/redis-log.js';
import { createErrorReporter } from './telemetry/errors/sentry.js';
import { StatusBoard } from './telemetry/status/status-board.js';
import type { SpanFate } from './telemetry/tracing/span-queue.js';
import { createTraceExport, type TraceExport } from './telemetry/tracing/trace-export.js';
import { DEMO_KEY, type Config } from './config/load-config.js';
import { SETTINGS } from './config/schema.js';
import { secretValues } from './config/secret-values.js';
import { visibleSettings } from './config/visible-settings.js';
import type { SignalListener } from './early-signals.js';
import { SharedRead } from './serving/shared-read.js';
import { REGNO_VERSION } from './version.js';

const FLUSH_TIMEOUT_MS = 2000;

/** Ctrl-C under npm arrives twice, from the terminal and from npm: repeats within this time are ignored. */
const REPEATED_SIGNAL_MS = 500;

/**
 * Composition root of the primary process: it serves no request, it keeps the workers alive.
 *
 * @param entry the program that a worker process runs
 * @param onSignal hands over the process's signals, those that have come already included
 */
export async function runPrimary(
  config: Config,
  entry: string,
  onSignal: (listener: SignalListener) => void,
): Promise<void> {
  const startedAt = performance.now();
  const redact = createRedactor(secretValues(config));
  const totals = new MetricsTotals();
  const log = createLogger({
    level: config.logLevel,
    process: 'primary',
    onWritten: (level) => totals.add('logLines', [level], 1),
    onDropped: (level) => totals.add('logLinesDropped', [level], 1),
    redact,
  });
  const registry = createMetricsRegistry(totals);
  const reporting = createErrorReporter({
    dsn: config.sentryDsn,
    environment: config.environment,
    release: `regno@${REGNO_VERSION}`,
    tags: { process: 'primary' },
    onEvent: (result) => totals.add('sentryEvents', [result], 1),
    redact,
  });
  const tracing = startTraceExport(config, totals, log);
  totals.set('buildInfo', [REGNO_VERSION, process.version], 1);
  if (config.usesDemoKey) {
    log.warn(`API_KEYS is not set: the public demo key ${DEMO_KEY} opens this service`);
  }

  const port = keepPort(config.port);
  // Workers accept for themselves, so that what a busy worker cannot take waits in the system's queue,
  // where it costs nothing (docs/decisions/0013-workers-accept.md).
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // All workers of one start share a key, so that their lines about one plate can be told together.
  const logHmacKey = config.logHmacKey ?? randomBytes(32).toString('hex');
  const board: StatusBoard = new StatusBoard({
    totals,
    handles: () => supervisor.view(),
    lastReload: () => reloader.last,
    workersWanted: config.workers,
    version: REGNO_VERSION,
    settings: visibleSettings(config),
    now: () => (performance.now() - startedAt) / 1000,
  });
  const metrics = new SharedRead(
    async () => {
      totals.refresh();
      return {
        contentType: registry.contentType,
        text: await registry.metrics(),
        exemplars: totals.exemplars(),
      };
    },
    { intervalMs: SCRAPE_INTERVAL_MS, askersMax: Infinity },
  );
  const redisLog = new RedisLog(log, () => supervisor.handles());
  const supervisor: Supervisor = new Supervisor({
    slots: config.workers,
    fork: createFork(entry, totals, config.workers, {
      [SETTINGS.logHmacKey.env]: logHmacKey,
    }),
    totals,
    readMetrics: () => metrics.ask(),
    readStatus: () => JSON.stringify(board.read()),
    onTraces: (slot, model, records) => {
      void tracing.then((traces) => traces?.take(slot, model, records));
    },
    onFault: (fault) => {
      board.fault(fault);
      // A worker that was killed could not report it; of its other faults it has.
      if (fault.kind === 'worker') report(new Error(`a worker ${fault.message}`), 'worker');
    },
    onRedis: (handle) => redisLog.reported(handle),
    log,
    drainTimeoutMs: config.drainDelayMs + config.drainTimeoutMs,
    startTimeoutMs: config.startTimeoutMs,
    onStarted: () => reloader.serviceHasStarted(),
    onReady: () => log.info('regno is ready', startFields()),
    onNotReady: (reason) =>
      log.error('regno listens and is not ready', { ...startFields(), reason }),
    onEnd: (exitCode) => {
      log.info('regno has stopped', { exitCode });
      void end(exitCode);
    },
  });

  const startFields = () => ({
    host: config.host,
    port: port(),
    workers: config.workers,
    pid: process.pid,
    startMs: Math.round(performance.now() - startedAt),
  });

  const watchdog = new Watchdog({
    handles: () => supervisor.handles(),
    hangTimeoutMs: config.hangTimeoutMs,
    startTimeoutMs: config.startTimeoutMs,
    log,
  });
  const reloader: Reloader = new Reloader({
    read: () => readModelFiles(config.model),
    roll: (model) => supervisor.roll(model),
    served: () => supervisor.served(),
    totals,
    log,
  });

  const report = (error: unknown, kind: 'worker' | 'uncaught'): void => {
    void reporting.then((reporter) => reporter.report(error, { kind }));
  };
  async function end(exitCode: number): Promise<void> {
    board.stop();
    watchdog.stop();
    await Promise.all([
      reporting.then((reporter) => reporter.flush(FLUSH_TIMEOUT_MS)),
      tracing.then((traces) => traces?.stop(FLUSH_TIMEOUT_MS)),
    ]);
    await closeLogger(log);
    process.exit(exitCode);
  }
  const die = (error: unknown): void => {
    log.error('the primary cannot go on', { error });
    report(error, 'uncaught');
    supervisor.kill();
    void end(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  let stoppingSince: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      log.info('stopping', { signal });
      supervisor.stop();
    } else if (performance.now() - stoppingSince > REPEATED_SIGNAL_MS) {
      // A second signal is a person who does not want to wait.
      supervisor.kill();
      process.exit(1);
    }
  };
  onSignal((signal) => {
    if (signal === 'SIGHUP') reloader.request();
    else stop(signal);
  });
  board.start();
  watchdog.start();
  try {
    supervisor.start(await readModelFiles(config.model));
  } catch (error) {
    logModelFault(log, config.model, error);
    supervisor.stop(1);
  }
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
