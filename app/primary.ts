import cluster from 'node:cluster';
import { SLOT_VARIABLE } from './adapters/cluster/messages.js';
import { Supervisor } from './adapters/cluster/supervisor.js';
import { closeLogger, createLogger } from './adapters/logger.js';
import { createMetricsRegistry } from './adapters/metrics/exposition.js';
import { MetricsTotals } from './adapters/metrics/totals.js';
import { DEMO_KEY, type Config } from './config/load-config.js';
import { REGNO_VERSION } from './version.js';

/**
 * Composition root of the primary process: it serves no request, it keeps the workers alive.
 *
 * @param entry the program that a worker process runs
 */
export function runPrimary(config: Config, entry: string): void {
  const startedAt = performance.now();
  const log = createLogger({ level: config.logLevel, process: 'primary' });
  const totals = new MetricsTotals();
  const registry = createMetricsRegistry(totals);
  totals.set('buildInfo', [REGNO_VERSION, process.version], 1);
  if (config.usesDemoKey) {
    log.warn(`API_KEYS is not set: the public demo key ${DEMO_KEY} opens this service`);
  }

  let port = config.port;
  cluster.on('listening', (_worker, address) => {
    port = address.port;
  });
  cluster.setupPrimary({ exec: entry });
  const supervisor = new Supervisor({
    slots: config.workers,
    fork: (slot) => cluster.fork({ [SLOT_VARIABLE]: String(slot) }),
    totals,
    readMetrics: async () => ({
      contentType: registry.contentType,
      text: await registry.metrics(),
    }),
    log,
    drainTimeoutMs: config.drainDelayMs + config.drainTimeoutMs,
    onReady: () => {
      log.info('regno is ready', {
        host: config.host,
        port,
        workers: config.workers,
        pid: process.pid,
        startMs: Math.round(performance.now() - startedAt),
      });
    },
    onEnd: (exitCode) => {
      log.info('regno has stopped', { exitCode });
      void closeLogger(log).then(() => process.exit(exitCode));
    },
  });

  const stop = (signal: NodeJS.Signals): void => {
    log.info('stopping', { signal });
    supervisor.stop();
    // A second signal is a person who does not want to wait.
    process.once(signal, () => {
      supervisor.kill();
      process.exit(1);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => {
    log.info('replacing the workers one by one');
    void supervisor.roll();
  });
  supervisor.start();
}
