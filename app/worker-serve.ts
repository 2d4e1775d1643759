import type { Server } from 'node:http';
import type { RedisCache } from './cache/redis-cache.js';
import { listenAt, stopListening, type ListenPlace, type StopTimes } from './cluster/listen.js';
import type { WorkerMessage } from './cluster/messages.js';
import type { PrimaryLink } from './cluster/primary-link.js';
import { startBeat } from './cluster/start-beat.js';
import { closeLogger, type Logger } from './telemetry/logs/logger.js';
import type { ProcessMetrics } from './telemetry/metrics/process-metrics.js';
import type { MetricsRecorder } from './telemetry/metrics/recorder.js';
import type { WorkerReport } from './telemetry/metrics/worker-report.js';
import type { Telemetry } from './worker-telemetry.js';

/** What runs beside the server until the worker ends. */
export interface WorkerParts {
  readonly server: Server;
  readonly telemetry: Telemetry;
  readonly report: WorkerReport;
  readonly processMetrics: ProcessMetrics;
  readonly redis: RedisCache | undefined;
  readonly recorder: MetricsRecorder;
  readonly log: Logger;
  readonly link: PrimaryLink;
}

/** Serves from listening to the last message, and ends the process. */
export class WorkerServe {
  constructor(
    private readonly parts: WorkerParts,
    private readonly times: StopTimes,
  ) {}

  /**
   * @param keptPort the port that the service has already, once the system has chosen one
   * @param ready what is sent to the primary once the worker listens
   */
  async start(
    place: ListenPlace,
    keptPort: () => number,
    ready: Omit<Extract<WorkerMessage, { kind: 'ready' }>, 'kind'>,
  ): Promise<void> {
    const { server, report, processMetrics, log, link } = this.parts;
    processMetrics.start();
    report.start();
    process.on('uncaughtException', (error) => this.#die(error));
    process.on('unhandledRejection', (error) => this.#die(error));
    try {
      await listenAt(server, place, keptPort);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error(reason);
      link.send({ kind: 'unstartable', reason });
      await this.#finish(1);
      return;
    }
    link.send({ kind: 'ready', ...ready });
    startBeat(link);
  }

  /** Ends the process once every request has its answer; to be called once. */
  drain(): void {
    void stopListening(this.parts.server, this.times).then(() => this.#finish(0));
  }

  #die(error: unknown): void {
    const { recorder, telemetry } = this.parts;
    recorder.counter('internalErrors', 'uncaught').inc();
    telemetry.faults.report('the worker cannot go on', error, { kind: 'uncaught' });
    void this.#finish(1);
  }

  async #finish(exitCode: number): Promise<void> {
    const { processMetrics, redis, telemetry, report, log } = this.parts;
    processMetrics.stop();
    await redis?.stop();
    await telemetry.flush();
    report.stop();
    telemetry.tracing.stop();
    await closeLogger(log);
    // The last report must be out before the channel closes.
    setImmediate(() => process.exit(exitCode));
  }
}
