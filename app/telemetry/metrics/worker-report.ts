import type { CameraMetrics } from './camera-metrics.js';
import type { CellsFile } from './cells-file.js';
import type { CellNames, MetricsRecorder } from './recorder.js';

/** Cells are written this often, so that a killed worker takes next to nothing with it. */
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
  readonly cells: CellsFile;
  readonly cameras: CameraMetrics;
  readonly levels: () => WorkerLevels;
  /** Takes the names of new cells, for the primary. */
  readonly sendNames: (names: CellNames) => void;
  readonly onError: (error: unknown) => void;
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
    const { recorder, slot, cells, cameras, levels, sendNames, onError } = this.parts;
    for (const [name, level] of Object.entries(levels()) as [keyof WorkerLevels, number][]) {
      recorder.gauge(name, slot).set(level);
    }
    recorder.gauge('workerReport', slot).set(Date.now() / 1000);
    cameras.settle();
    try {
      cells.write(recorder.cells());
    } catch (error) {
      onError(error);
      return;
    }
    this.#reports += 1;
    const names = recorder.takeNames(this.#reports % REPORTS_PER_EXEMPLARS === 0);
    if (names !== undefined) sendNames(names);
  }
}
