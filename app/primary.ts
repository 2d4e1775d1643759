import cluster from 'node:cluster';
import { keepPort } from './cluster/keep-port.js';
import type { Supervisor } from './cluster/supervisor.js';
import { Watchdog } from './cluster/watchdog.js';
import { logModelFault } from './telemetry/logs/log-model-fault.js';
import { closeLogger, type Logger } from './telemetry/logs/logger.js';
import { MetricsTotals } from './telemetry/metrics/totals.js';
import { StatusBoard } from './telemetry/status/status-board.js';
import { DEMO_KEY, type Config } from './config/load-config.js';
import { visibleSettings } from './config/visible-settings.js';
import type { SignalListener } from './early-signals.js';
import { PrimaryModel } from './primary-model.js';
import { createSupervisor } from './primary-supervisor.js';
import { createPrimaryTelemetry, type PrimaryTelemetry } from './primary-telemetry.js';
import { REGNO_VERSION } from './version.js';

/** npm repeats the SIGINT of a terminal's Ctrl-C: repeats within this time are ignored. */
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
  await new PrimaryProcess(config, entry).run(onSignal);
}

/** The primary from its start to its end. */
class PrimaryProcess {
  readonly #startedAt = performance.now();
  readonly #totals = new MetricsTotals();
  readonly #telemetry: PrimaryTelemetry;
  readonly #log: Logger;
  readonly #port: () => number;
  readonly #supervisor: Supervisor;
  readonly #model: PrimaryModel;
  readonly #board: StatusBoard;
  readonly #watchdog: Watchdog;
  #stoppingSince: number | undefined;

  constructor(
    private readonly config: Config,
    entry: string,
  ) {
    this.#telemetry = createPrimaryTelemetry(config, this.#totals);
    this.#log = this.#telemetry.log;
    this.#port = keepPort(config.port);
    this.#board = this.#createBoard();
    this.#supervisor = this.#createSupervisor(entry);
    this.#watchdog = new Watchdog({
      workers: () => this.#supervisor.workers(),
      hangTimeoutMs: config.hangTimeoutMs,
      startTimeoutMs: config.startTimeoutMs,
      log: this.#log,
    });
    const supervisor = this.#supervisor;
    this.#model = new PrimaryModel({ config, supervisor, totals: this.#totals, log: this.#log });
  }

  async run(onSignal: (listener: SignalListener) => void): Promise<void> {
    this.#totals.set('buildInfo', [REGNO_VERSION, process.version], 1);
    if (this.config.usesDemoKey) {
      this.#log.warn(`API_KEYS is not set: the public demo key ${DEMO_KEY} opens this service`);
    }
    // Workers accept for themselves, so that what a busy worker cannot take waits in the system's queue,
    // where it costs nothing (docs/decisions/0013-workers-accept.md).
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    process.on('uncaughtException', (error) => this.#die(error));
    process.on('unhandledRejection', (error) => this.#die(error));
    onSignal((signal) => {
      if (signal === 'SIGHUP') this.#model.reloader.request();
      else this.#stop(signal);
    });
    this.#board.start();
    this.#watchdog.start();
    try {
      this.#supervisor.start(await this.#model.readAtStart());
    } catch (error) {
      logModelFault(this.#log, this.config.model, error);
      this.#supervisor.stop(1);
    }
  }

  #createBoard(): StatusBoard {
    return new StatusBoard({
      totals: this.#totals,
      workers: () => this.#supervisor.view(),
      lastReload: () => this.#model.reloader.last,
      modelFault: () => this.#model.fault,
      workersWanted: this.config.workers,
      version: REGNO_VERSION,
      settings: visibleSettings(this.config),
      now: () => (performance.now() - this.#startedAt) / 1000,
    });
  }

  #createSupervisor(entry: string): Supervisor {
    return createSupervisor({
      config: this.config,
      entry,
      totals: this.#totals,
      telemetry: this.#telemetry,
      board: this.#board,
      onStarted: () => this.#model.serviceHasStarted(),
      startFields: () => ({
        port: this.#port(),
        startMs: Math.round(performance.now() - this.#startedAt),
      }),
      onEnd: (exitCode) => void this.#end(exitCode),
    });
  }

  #stop(signal: NodeJS.Signals): void {
    if (this.#stoppingSince === undefined) {
      this.#stoppingSince = performance.now();
      this.#log.info('stopping', { signal });
      this.#supervisor.stop();
    } else if (performance.now() - this.#stoppingSince > REPEATED_SIGNAL_MS) {
      // A second signal is a person who does not want to wait.
      this.#supervisor.kill();
      process.exit(1);
    }
  }

  #die(error: unknown): void {
    this.#log.error('the primary cannot go on', { error });
    this.#telemetry.report(error, 'uncaught');
    this.#supervisor.kill();
    void this.#end(1);
  }

  async #end(exitCode: number): Promise<void> {
    this.#board.stop();
    this.#watchdog.stop();
    this.#model.stop();
    await this.#telemetry.flush();
    await closeLogger(this.#log);
    process.exit(exitCode);
  }
}
