import type { Worker } from 'node:cluster';
import type { Logger } from '../logger.js';
import type { MetricsTotals } from '../metrics/totals.js';
import type { FaultNote } from '../faults.js';
import type { ModelIdentity } from '../../services/ports.js';
import type { TraceRecord } from '../tracing/trace-record.js';
import type { PrimaryMessage, Scraped, WorkerMessage } from './messages.js';

export interface SupervisorParts {
  readonly slots: number;
  /** Starts a worker process for a slot (1..slots). */
  readonly fork: (slot: number) => Worker;
  readonly totals: MetricsTotals;
  readonly readMetrics: () => Promise<Scraped>;
  /** The operator's view as JSON. */
  readonly readStatus: () => string;
  /** Takes the traces of a worker of this slot, which serves this model. */
  readonly onTraces: (slot: number, model: ModelIdentity, records: readonly TraceRecord[]) => void;
  /** Told of faults of workers, and of workers that ended unasked. */
  readonly onFault: (fault: FaultNote) => void;
  readonly log: Logger;
  /** Time that a worker has to drain before it is killed. */
  readonly drainTimeoutMs: number;
  /** Called once when every slot has a worker that is ready, after a start. */
  readonly onReady: () => void;
  /** Called when nothing is left to supervise; the process should end with this code. */
  readonly onEnd: (exitCode: number) => void;
}

type WorkerState = 'starting' | 'ready' | 'unready' | 'draining';

/** A worker process as the operator's page shows it. */
export interface SeatView {
  readonly slot: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  readonly uptimeSeconds: number;
}

interface Seat {
  readonly slot: number;
  readonly worker: Worker;
  /** On the process's monotonic clock, ms. */
  readonly startedAt: number;
  state: WorkerState;
  /** Known once it is ready. */
  model: ModelIdentity | undefined;
  killTimer: NodeJS.Timeout | undefined;
}

const BACK_OFF_MIN_MS = 100;
const BACK_OFF_MAX_MS = 10_000;
/** A worker that lived this long did not die of its start. */
const STABLE_MS = 30_000;
/** Deaths per slot within the window that make a crash loop. */
const DEATHS_MAX = 20;
/** The same until the service was ready once: what fails a first start seldom heals by itself. */
const DEATHS_AT_START_MAX = 3;
const DEATHS_WINDOW_MS = 120_000;
const GRACE_AFTER_DRAIN_MS = 1000;

/**
 * Keeps one worker process per slot: starts them, restarts the ones that die with a growing delay,
 * replaces them one by one on request, and stops them without losing what they have accepted.
 */
export class Supervisor {
  readonly #seats = new Map<number, Seat>();
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  readonly #failures = new Map<number, number>();
  #deaths: number[] = [];
  #wasReady = false;
  #stopping = false;
  #rolling = false;
  /** A roll was asked for that could not begin at once. */
  #rollLater = false;
  #ended = false;
  #exitCode = 0;

  constructor(private readonly parts: SupervisorParts) {}

  /** The worker processes there are, by slot. */
  seats(): SeatView[] {
    return [...this.#seats.values()]
      .map(({ slot, worker, state, startedAt }) => ({
        slot,
        pid: worker.process.pid,
        state,
        uptimeSeconds: (performance.now() - startedAt) / 1000,
      }))
      .sort((a, b) => a.slot - b.slot);
  }

  start(): void {
    for (let slot = 1; slot <= this.parts.slots; slot += 1) this.#fork(slot);
  }

  /** Lets every worker finish what it has accepted, then ends. */
  stop(exitCode = 0): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#exitCode = exitCode;
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    this.#restarts.clear();
    for (const seat of this.#seats.values()) this.#drain(seat);
    this.#endIfEmpty();
  }

  /**
   * Replaces the workers one at a time: a new one is ready before the old one drains. Before the
   * service is ready, and while workers are being replaced, it is put off until then.
   */
  async roll(): Promise<void> {
    if (this.#stopping) return;
    if (this.#rolling || !this.#wasReady) {
      this.#rollLater = true;
      return;
    }
    this.#rolling = true;
    this.parts.log.info('replacing the workers one by one');
    try {
      for (const seat of [...this.#seats.values()]) {
        if (!(await this.#replace(seat))) break;
      }
    } finally {
      this.#rolling = false;
    }
    await this.#rollIfAsked();
  }

  async #rollIfAsked(): Promise<void> {
    if (!this.#rollLater) return;
    this.#rollLater = false;
    await this.roll();
  }

  /** Ends at once, without waiting for anything. */
  kill(): void {
    for (const seat of this.#seats.values()) seat.worker.process.kill('SIGKILL');
  }

  /** False where the new worker did not become ready: the old one goes on. */
  async #replace(old: Seat): Promise<boolean> {
    // A worker that died since the roll began is restarted, and new, anyway.
    if (!this.#seats.has(old.worker.id)) return true;
    const next = this.#fork(old.slot);
    const isReady = await becomesReady(next.worker);
    if (this.#stopping) return false;
    if (!isReady) {
      this.parts.log.error('rolling restart given up: a new worker did not become ready', {
        slot: old.slot,
      });
      if (this.#seats.has(next.worker.id)) this.#drain(next);
      return false;
    }
    if (!this.#seats.has(old.worker.id)) return true;
    this.#drain(old);
    return new Promise((resolve) => old.worker.once('exit', () => resolve(true)));
  }

  #fork(slot: number): Seat {
    this.#restarts.delete(slot);
    const worker = this.parts.fork(slot);
    const startedAt = performance.now();
    const seat: Seat = {
      slot,
      worker,
      startedAt,
      state: 'starting',
      model: undefined,
      killTimer: undefined,
    };
    this.#seats.set(worker.id, seat);
    for (const reason of ['crash', 'killed']) {
      // Counters that alerts watch start at 0.
      this.parts.totals.add('workerExits', [String(slot), reason], 0);
    }
    this.parts.totals.add('workerStarts', [String(slot)], 1);
    worker.on('message', (message: WorkerMessage) => this.#receive(seat, message));
    worker.on('error', (error) => this.parts.log.warn('worker channel failed', { slot, error }));
    onceEnded(worker, (code, signal) => {
      this.#exited(seat, code, signal, performance.now() - startedAt);
    });
    this.#showStates();
    return seat;
  }

  #receive(seat: Seat, message: WorkerMessage): void {
    switch (message.kind) {
      case 'cells':
        this.parts.totals.name(seat.worker.id, message.names);
        return;
      case 'scrape':
        void this.#scrape(seat, message.id);
        return;
      case 'status':
        this.#send(seat, {
          kind: 'scraped',
          id: message.id,
          contentType: 'application/json',
          text: this.parts.readStatus(),
        });
        return;
      case 'traces':
        if (seat.model !== undefined) this.parts.onTraces(seat.slot, seat.model, message.records);
        return;
      case 'fault':
        this.parts.onFault(message.fault);
        return;
      case 'ready':
        seat.model = message.model;
        this.#becameReady(seat, message.usable);
        return;
      case 'unstartable':
        // Once the service has been up, it goes on with the workers it has.
        if (!this.#wasReady) this.stop(1);
    }
  }

  async #scrape(seat: Seat, id: number): Promise<void> {
    this.#send(seat, { kind: 'scraped', id, ...(await this.parts.readMetrics()) });
  }

  #becameReady(seat: Seat, usable: boolean): void {
    if (seat.state !== 'starting') return;
    seat.state = usable ? 'ready' : 'unready';
    this.#showStates();
    if (this.#stopping) {
      this.#drain(seat);
      return;
    }
    const seats = [...this.#seats.values()];
    if (this.#wasReady || seats.some(({ state }) => state === 'starting')) return;
    this.#wasReady = true;
    this.parts.onReady();
    void this.#rollIfAsked();
  }

  #drain(seat: Seat): void {
    if (seat.state === 'draining') return;
    const wasStarting = seat.state === 'starting';
    seat.state = 'draining';
    this.#showStates();
    if (wasStarting) {
      // It serves nobody yet and may be deep in compiling a model: nothing is lost.
      seat.worker.process.kill('SIGKILL');
      return;
    }
    this.#send(seat, { kind: 'drain' });
    seat.killTimer = setTimeout(() => {
      this.parts.log.error('worker did not drain in time and is killed', { slot: seat.slot });
      seat.worker.process.kill('SIGKILL');
    }, this.parts.drainTimeoutMs + GRACE_AFTER_DRAIN_MS);
  }

  #exited(seat: Seat, code: number, signal: string | null, aliveMs: number): void {
    clearTimeout(seat.killTimer);
    this.#seats.delete(seat.worker.id);
    const asked = seat.state === 'draining';
    const reason = asked && signal === null ? 'clean' : signal === null ? 'crash' : 'killed';
    this.parts.totals.add('workerExits', [String(seat.slot), reason], 1);
    this.#showStates();
    if (!asked && !this.#stopping && !this.#hasWorker(seat.slot)) {
      this.#restart(seat, code, signal, aliveMs);
    }
    this.#endIfEmpty();
  }

  /** True in a rolling restart, where a slot has an old and a new worker and one of them died. */
  #hasWorker(slot: number): boolean {
    return [...this.#seats.values()].some(
      (seat) => seat.slot === slot && seat.state !== 'draining',
    );
  }

  #restart(seat: Seat, code: number, signal: string | null, aliveMs: number): void {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS_WINDOW_MS), now];
    const deathsMax = this.#wasReady ? DEATHS_MAX : DEATHS_AT_START_MAX;
    if (this.#deaths.length > deathsMax * this.parts.slots) {
      this.parts.log.error('workers die faster than they can serve; giving up', {
        code,
        signal,
        deaths: this.#deaths.length,
        windowMs: DEATHS_WINDOW_MS,
      });
      this.stop(1);
      return;
    }
    const failures = aliveMs > STABLE_MS ? 0 : (this.#failures.get(seat.slot) ?? 0);
    this.#failures.set(seat.slot, failures + 1);
    const delayMs = Math.min(BACK_OFF_MIN_MS * 2 ** failures, BACK_OFF_MAX_MS);
    const { slot } = seat;
    this.parts.log.error('worker died and is restarted', { slot, code, signal, delayMs });
    this.parts.onFault({
      at: Date.now(),
      kind: 'worker',
      process: `worker-${slot}`,
      message: `ended by ${signal ?? `exit code ${code}`}, is restarted`,
    });
    this.#restarts.set(
      slot,
      setTimeout(() => this.#fork(slot), delayMs),
    );
  }

  #endIfEmpty(): void {
    if (!this.#stopping || this.#ended || this.#seats.size > 0) return;
    this.#ended = true;
    this.parts.onEnd(this.#exitCode);
  }

  #send(seat: Seat, message: PrimaryMessage): void {
    if (!seat.worker.isConnected()) return;
    // A worker that dies while the message is on its way is dealt with at its exit.
    seat.worker.send(message, () => undefined);
  }

  #showStates(): void {
    const counts: Record<WorkerState, number> = { starting: 0, ready: 0, unready: 0, draining: 0 };
    for (const seat of this.#seats.values()) counts[seat.state] += 1;
    for (const [state, count] of Object.entries(counts)) {
      this.parts.totals.set('workers', [state], count);
    }
  }
}

/** Tells of a worker's end once its last messages, which may come after it, have been received. */
export function onceEnded(
  worker: Worker,
  listener: (code: number, signal: string | null) => void,
): void {
  worker.once('exit', (code: number, signal: string | null) => {
    if (worker.isConnected()) worker.once('disconnect', () => listener(code, signal));
    else listener(code, signal);
  });
}

/** Whether a new worker becomes ready with a usable model, before it ends. */
function becomesReady(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isReady: boolean): void => {
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      resolve(isReady);
    };
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === 'ready') settle(message.usable);
    };
    const onExit = (): void => settle(false);
    worker.on('message', onMessage);
    worker.on('exit', onExit);
  });
}
