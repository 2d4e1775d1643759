/** What the status page shows of workers and reloads. */

export type WorkerState = 'starting' | 'ready' | 'unready' | 'draining';

/** A worker process as the operator's page shows it. */
export interface WorkerView {
  readonly slot: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  readonly uptimeSeconds: number;
}

/** How a reload ended, as the operator's page shows it. */
export interface ReloadNote {
  /** Unix time, ms. */
  readonly at: number;
  readonly result: 'done' | 'refused';
  /** The model before, `name@version (digest)`. */
  readonly from: string | null;
  /** The model now in place; null where it was refused. */
  readonly to: string | null;
  /** Why it was refused. */
  readonly reason: string | null;
}
