import type { Worker } from 'node:cluster';
import type { ModelIdentity } from '../serving/ports.js';
import type { FaultNote } from '../telemetry/errors/faults.js';
import type { Logger } from '../telemetry/logs/logger.js';
import type { MetricsTotals } from '../telemetry/metrics/totals.js';
import type { ModelFiles } from '../registry/model-files.js';
import type { TraceRecord } from '../telemetry/tracing/trace-record.js';
import type { Scraped } from '../telemetry/metrics/cluster-metrics.js';
import type { WorkerMessage } from './messages.js';
import { DEATHS_WINDOW_MS, RestartPolicy } from './restart-policy.js';
import { rollWorkers, type RollEnd } from './rolling-restart.js';
import type { WorkerState, WorkerView } from '../telemetry/status/service-views.js';
import { onceEnded, sendTo, type Seat } from './seat.js';

export interface SupervisorParts {
  readonly slots: number;
  /** Starts a worker process for a slot (1..slots) and hands it its model. */
  readonly fork: (slot: number, model: ModelFiles) => Worker;
  readonly totals: MetricsTotals;
  readonly readMetrics: () => Promise<Scraped>;
  /** The operator's view as JSON. */
  readonly readStatus: () => string;
  /** Takes the traces of a worker of this slot, which serves this model. */
  readonly onTraces: (slot: number, model: ModelIdentity, records: readonly TraceRecord[]) => void;
  /** Told of faults of workers, and of workers that ended unasked. */
  readonly onFault: (fault: FaultNote) => void;
  /** Told of a worker that has told what keeps Redis from use, or that it works. */
  readonly onRedis: (seat: Seat) => void;
  readonly log: Logger;
  /** Time that a worker has to drain before it is killed. */
  readonly drainTimeoutMs: number;
  /** Where for so long no worker listens, the service ends. */
  readonly startTimeoutMs: number;
  /** Called once, when every slot has a worker that listens, usable or not. */
  readonly onStarted: () => void;
  /** Called once, when the service has started and a worker is usable. */
  readonly onReady: () => void;
  /** Called at the start instead of `onReady` where no worker is usable. */
  readonly onNotReady: (reason: string) => void;
  /** Called when nothing is left to supervise; the process should end with this code. */
  readonly onEnd: (exitCode: number) => void;
}

const GRACE_AFTER_DRAIN_MS = 1000;

/**
 * Keeps one worker process per slot: starts them, restarts the ones that die with a growing delay
 * and the model that they had, replaces them one by one on request, and stops them without losing
 * what they have accepted.
 */
export class Supervisor {
  readonly #seats = new Map<number, Seat>();
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  /** What a restart loads, by slot. */
  readonly #models = new Map<number, ModelFiles>();
  /** Models that a worker has passed the golden check with, or that have no golden readings. */
  readonly #proved = new WeakSet<ModelFiles>();
  readonly #policy: RestartPolicy;
  #nobodyListens: NodeJS.Timeout | undefined;
  #hasStarted = false;
  #wasReady = false;
  #stopping = false;
  #ended = false;
  #exitCode = 0;

  constructor(private readonly parts: SupervisorParts) {
    this.#policy = new RestartPolicy(parts.slots);
  }

  /** The worker processes there are. */
  seats(): Iterable<Seat> {
    return this.#seats.values();
  }

  /** The same for the operator's page, by slot. */
  view(): WorkerView[] {
    return [...this.#seats.values()]
      .map(({ slot, worker, state, startedAt }) => ({
        slot,
        pid: worker.process.pid,
        state,
        uptimeSeconds: (performance.now() - startedAt) / 1000,
      }))
      .sort((a, b) => a.slot - b.slot);
  }

  /** The model of a worker that serves; undefined where there is none. */
  served(): ModelIdentity | undefined {
    const serving = [...this.#seats.values()].filter(({ state }) => state === 'ready');
    return serving.find(({ model }) => model !== undefined)?.model;
  }

  start(model: ModelFiles): void {
    if (this.#stopping) return;
    for (let slot = 1; slot <= this.parts.slots; slot += 1) {
      this.#models.set(slot, model);
      this.#fork(slot, model);
    }
  }

  /** Lets every worker finish what it has accepted, then ends. */
  stop(exitCode = 0): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#exitCode = exitCode;
    clearTimeout(this.#nobodyListens);
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    this.#restarts.clear();
    for (const seat of this.#seats.values()) this.#drain(seat);
    this.#endIfEmpty();
  }

  /** Replaces all workers by ones with this model, or none. Not while it is under way already. */
  async roll(model: ModelFiles): Promise<RollEnd> {
    if (this.#stopping) return { result: 'stopped' };
    return rollWorkers(
      {
        count: this.parts.slots,
        isStopping: () => this.#stopping,
        fork: (slot, files) => this.#fork(slot, files),
        seatOf: (slot) => this.#seatOf(slot),
        drain: (seat) => this.#drain(seat),
        modelOf: (slot) => this.#modelOf(slot),
        setModel: (slot, files) => this.#models.set(slot, files),
        refill: (slot) => this.#refill(slot),
      },
      model,
    );
  }

  /** Ends at once, without waiting for anything. */
  kill(): void {
    for (const seat of this.#seats.values()) seat.worker.process.kill('SIGKILL');
  }

  #modelOf(slot: number): ModelFiles {
    const model = this.#models.get(slot);
    if (model === undefined) throw new Error(`slot ${slot} was never started`);
    return model;
  }

  #seatOf(slot: number): Seat | undefined {
    return [...this.#seats.values()].find(
      (seat) => seat.slot === slot && seat.state !== 'draining',
    );
  }

  #refill(slot: number): void {
    if (this.#stopping || this.#restarts.has(slot) || this.#seatOf(slot) !== undefined) return;
    this.#fork(slot, this.#modelOf(slot));
  }

  #fork(slot: number, files: ModelFiles): Seat {
    clearTimeout(this.#restarts.get(slot));
    this.#restarts.delete(slot);
    const worker = this.parts.fork(slot, files);
    const startedAt = performance.now();
    const seat: Seat = {
      slot,
      worker,
      files,
      startedAt,
      state: 'starting',
      model: undefined,
      fault: undefined,
      redisFailure: undefined,
      silentLooks: 0,
      isHung: false,
      killTimer: undefined,
    };
    this.#seats.set(worker.id, seat);
    for (const reason of ['crash', 'killed', 'hung']) {
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
    seat.silentLooks = 0;
    switch (message.kind) {
      case 'hears':
      case 'beat':
        return;
      case 'cells':
        this.parts.totals.name(seat.worker.id, message.names);
        return;
      case 'scrape':
        void this.#scrape(seat, message.id);
        return;
      case 'status':
        sendTo(seat.worker, {
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
      case 'redis':
        seat.redisFailure = message.failure;
        this.parts.onRedis(seat);
        return;
      case 'ready':
        seat.model = message.model;
        this.#becameReady(seat, message.usable);
        return;
      case 'unusable':
        seat.fault = message.reason;
        this.#failedItsCheck(seat);
        return;
      case 'unstartable':
        // Once the service has been up, it goes on with the workers it has.
        if (!this.#hasStarted) this.stop(1);
    }
  }

  async #scrape(seat: Seat, id: number): Promise<void> {
    sendTo(seat.worker, { kind: 'scraped', id, ...(await this.parts.readMetrics()) });
  }

  #becameReady(seat: Seat, usable: boolean): void {
    if (seat.state !== 'starting') return;
    seat.state = usable ? 'ready' : 'unready';
    if (usable) this.#provedBy(seat);
    this.#showStates();
    if (this.#stopping) {
      this.#drain(seat);
      return;
    }
    const seats = [...this.#seats.values()];
    if (this.#wasReady || seats.some(({ state }) => state === 'starting')) return;
    this.#wasReady = seats.some(({ state }) => state === 'ready');
    const isStart = !this.#hasStarted;
    this.#hasStarted = true;
    if (this.#wasReady) this.parts.onReady();
    else if (isStart) this.parts.onNotReady(seat.fault ?? 'no worker is usable');
    if (isStart) this.parts.onStarted();
  }

  #provedBy(seat: Seat): void {
    this.#proved.add(seat.files);
    for (const other of this.#seats.values()) {
      // It failed with a model that is right: a new process may do better.
      if (other.state === 'unready' && other.files === seat.files) {
        other.worker.process.kill('SIGKILL');
      }
    }
  }

  /**
   * Without any usable worker, one that is not usable may listen, to say so. Beside usable ones it
   * would only refuse what they would answer.
   */
  #failedItsCheck(seat: Seat): void {
    const isForRoll = seat.files !== this.#modelOf(seat.slot);
    if (isForRoll) return;
    if (!this.#proved.has(seat.files)) sendTo(seat.worker, { kind: 'listen' });
    else seat.worker.process.kill('SIGKILL');
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
    sendTo(seat.worker, { kind: 'drain' });
    seat.killTimer = setTimeout(() => {
      this.parts.log.error('worker did not drain in time and is killed', { slot: seat.slot });
      seat.worker.process.kill('SIGKILL');
    }, this.parts.drainTimeoutMs + GRACE_AFTER_DRAIN_MS);
  }

  #exited(seat: Seat, code: number, signal: string | null, aliveMs: number): void {
    clearTimeout(seat.killTimer);
    this.#seats.delete(seat.worker.id);
    const asked = seat.state === 'draining';
    const reason = exitReason(seat, signal);
    this.parts.totals.add('workerExits', [String(seat.slot), reason], 1);
    this.#showStates();
    // In a rolling restart, where a slot has an old and a new worker, the other one goes on.
    if (!asked && !this.#stopping && this.#seatOf(seat.slot) === undefined) {
      this.#restart(seat, code, signal, aliveMs);
    }
    this.#endIfEmpty();
  }

  #restart(seat: Seat, code: number, signal: string | null, aliveMs: number): void {
    const { slot } = seat;
    const delayMs = this.#policy.delayAfter(slot, aliveMs, this.#hasStarted);
    if (delayMs === undefined) {
      this.parts.log.error('workers die faster than they can serve; giving up', {
        code,
        signal,
        deaths: this.#policy.deaths,
        windowMs: DEATHS_WINDOW_MS,
      });
      this.stop(1);
      return;
    }
    this.parts.log.error('worker died and is restarted', { slot, code, signal, delayMs });
    const end = seat.isHung
      ? 'killed, as it did not respond'
      : `ended by ${signal ?? `exit code ${code}`}`;
    this.parts.onFault({
      at: Date.now(),
      kind: 'worker',
      process: `worker-${slot}`,
      message: `${end}, is restarted`,
    });
    this.#restarts.set(
      slot,
      setTimeout(() => this.#fork(slot, this.#modelOf(slot)), delayMs),
    );
  }

  #endIfEmpty(): void {
    if (!this.#stopping || this.#ended || this.#seats.size > 0) return;
    this.#ended = true;
    this.parts.onEnd(this.#exitCode);
  }

  #showStates(): void {
    const counts: Record<WorkerState, number> = { starting: 0, ready: 0, unready: 0, draining: 0 };
    for (const seat of this.#seats.values()) counts[seat.state] += 1;
    for (const [state, count] of Object.entries(counts)) {
      this.parts.totals.set('workers', [state], count);
    }
    this.#endWhereNobodyListens(counts.ready + counts.unready > 0);
  }

  /** Restarts that all fail must not refuse connections for ever: who runs the service should know. */
  #endWhereNobodyListens(somebodyListens: boolean): void {
    if (somebodyListens || this.#stopping) {
      clearTimeout(this.#nobodyListens);
      this.#nobodyListens = undefined;
      return;
    }
    const { startTimeoutMs, log } = this.parts;
    this.#nobodyListens ??= setTimeout(() => {
      log.error('no worker could start in time; giving up', { startTimeoutMs });
      this.stop(1);
    }, startTimeoutMs);
  }
}

function exitReason(seat: Seat, signal: string | null): 'clean' | 'crash' | 'killed' | 'hung' {
  if (seat.isHung) return 'hung';
  if (signal !== null) return 'killed';
  return seat.state === 'draining' ? 'clean' : 'crash';
}
