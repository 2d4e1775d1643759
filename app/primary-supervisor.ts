import { randomBytes } from 'node:crypto';
import { createFork } from './cluster/fork-worker.js';
import { RedisLog } from './cluster/redis-log.js';
import { Supervisor } from './cluster/supervisor.js';
import type { Config } from './config/load-config.js';
import { SETTINGS } from './config/schema.js';
import type { PrimaryTelemetry } from './primary-telemetry.js';
import type { MetricsTotals } from './telemetry/metrics/totals.js';
import type { StatusBoard } from './telemetry/status/status-board.js';

export interface SupervisorParts {
  readonly config: Config;
  /** The program that a worker process runs. */
  readonly entry: string;
  readonly totals: MetricsTotals;
  readonly telemetry: PrimaryTelemetry;
  readonly board: StatusBoard;
  readonly onStarted: () => void;
  /** What the log says of a start besides the settings. */
  readonly startFields: () => { readonly port: number; readonly startMs: number };
  readonly onEnd: (exitCode: number) => void;
}

/** The supervisor of the workers, and all that hears what they report. */
export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { config, entry, totals, telemetry, board } = parts;
  const { log } = telemetry;
  // All workers of one start share a key, so that their lines about one plate can be found together.
  const logHmacKey = config.logHmacKey ?? randomBytes(32).toString('hex');
  const redisLog = new RedisLog(log, () => supervisor.workers());
  const startFields = () => ({
    host: config.host,
    workers: config.workers,
    pid: process.pid,
    ...parts.startFields(),
  });
  const supervisor: Supervisor = new Supervisor({
    slots: config.workers,
    fork: createFork(entry, totals, config.workers, { [SETTINGS.logHmacKey.env]: logHmacKey }),
    totals,
    readMetrics: telemetry.readMetrics,
    readStatus: () => JSON.stringify(board.read()),
    onTraces: (slot, model, records) => {
      void telemetry.tracing.then((traces) => traces?.take(slot, model, records));
    },
    onFault: (fault) => {
      board.fault(fault);
      // A worker that was killed could not report it; of its other faults it has.
      if (fault.kind !== 'worker') return;
      telemetry.report(new Error(`a worker ${fault.message}`), 'worker');
    },
    onRedis: (worker) => redisLog.reported(worker),
    log,
    drainTimeoutMs: config.drainDelayMs + config.drainTimeoutMs,
    startTimeoutMs: config.startTimeoutMs,
    onStarted: parts.onStarted,
    onReady: () => log.info('regno is ready', startFields()),
    onNotReady: (reason) =>
      log.error('regno listens and is not ready', { ...startFields(), reason }),
    onEnd: (exitCode) => {
      log.info('regno has stopped', { exitCode });
      parts.onEnd(exitCode);
    },
  });
  return supervisor;
}
