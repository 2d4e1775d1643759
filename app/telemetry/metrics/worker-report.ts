import type { Faults } from '../errors/faults.js';
import type { CameraMetrics } from './camera-metrics.js';
import type { SharedCounters } from './shared-counters.js';
import type { SeriesDescriptors, MetricsRecorder } from './recorder.js';

/** Counters are written this often, so that a killed worker takes next to nothing with it. */
const INTERVAL_MS = 40;
/** Exemplars go by message, and one of each bucket a second is enough. */
const REPORTS_PER_EXEMPLARS = 25;

/** What is read at each report. */
export interface WorkerLevels {
  readonly httpInflight: number;
  readonly readingsInflight: number;
  readonly connections: number;
  readonly queueLength: number;
  readonly acceptQueueLimit: number;
  readonly cacheEntries: number;
}

export interface WorkerReportParts {
  readonly recorder: MetricsRecorder;
  readonly slot: string;
  readonly counters: SharedCounters;
  readonly cameras: CameraMetrics;
  readonly levels: () => WorkerLevels;
  /** Takes the descriptors of new series, for the primary. */
  readonly sendSeries: (series: SeriesDescriptors) => void;
  readonly faults: Pick<Faults, 'report'>;
}

/** Reports a worker's counts to the primary, through the file that both have open. */
export class WorkerReport {
  #reports = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: WorkerReportParts) {}

  start(): void {
    this.#timer = setInterval(() => this.write(), INTERVAL_MS).unref();
  }

  /** Writes the last report. */
  stop(): void {
    clearInterval(this.#timer);
    this.write();
  }

  /** To be called before the primary is asked for figures, which are to hold what has just happened. */
  write(): void {
    const { recorder, slot, counters, cameras, levels, sendSeries, faults } = this.parts;
    for (const [name, level] of Object.entries(levels()) as [keyof WorkerLevels, number][]) {
      recorder.gauge(name, slot).set(level);
    }
    recorder.gauge('workerReport', slot).set(Date.now() / 1000);
    cameras.flush();
    try {
      counters.write(recorder.values());
    } catch (error) {
      const what = 'the counts cannot be written for the primary';
      faults.report(what, error, { kind: 'unexpected' });
      return;
    }
    this.#reports += 1;
    const series = recorder.drainNewSeries(this.#reports % REPORTS_PER_EXEMPLARS === 0);
    if (series !== undefined) sendSeries(series);
  }
}
