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
import { onceEnded, sendTo, type WorkerHandle } from './worker-handle.js';

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
  /** Called for faults of workers, and of workers that ended unasked. */
  readonly onFault: (fault: FaultNote) => void;
  /** Called for a worker that has reported what keeps Redis from use, or that it works. */
  readonly onRedis: (handle: WorkerHandle) => void;
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
  readonly #handles = new Map<number, WorkerHandle>();
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
  workers(): Iterable<WorkerHandle> {
    return this.#handles.values();
  }

  /** The same for the operator's page, by slot. */
  view(): WorkerView[] {
    return [...this.#handles.values()]
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
    const serving = [...this.#handles.values()].filter(({ state }) => state === 'ready');
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
    for (const handle of this.#handles.values()) this.#drain(handle);
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
        workerOf: (slot) => this.#workerOf(slot),
        drain: (handle) => this.#drain(handle),
        modelOf: (slot) => this.#modelOf(slot),
        setModel: (slot, files) => this.#models.set(slot, files),
        refill: (slot) => this.#refill(slot),
      },
      model,
    );
  }

  /** Ends at once, without waiting for anything. */
  kill(): void {
    for (const handle of this.#handles.values()) handle.worker.process.kill('SIGKILL');
  }

  #modelOf(slot: number): ModelFiles {
    const model = this.#models.get(slot);
    if (model === undefined) throw new Error(`slot ${slot} was never started`);
    return model;
  }

  #workerOf(slot: number): WorkerHandle | undefined {
    return [...this.#handles.values()].find(
      (handle) => handle.slot === slot && handle.state !== 'draining',
    );
  }

  #refill(slot: number): void {
    if (this.#stopping || this.#restarts.has(slot) || this.#workerOf(slot) !== undefined) return;
    this.#fork(slot, this.#modelOf(slot));
  }

  #fork(slot: number, files: ModelFiles): WorkerHandle {
    clearTimeout(this.#restarts.get(slot));
    this.#restarts.delete(slot);
    const worker = this.parts.fork(slot, files);
    const startedAt = performance.now();
    const handle: WorkerHandle = {
      slot,
      worker,
      files,
      startedAt,
      state: 'starting',
      model: undefined,
      fault: undefined,
      redisFailure: undefined,
      missedBeats: 0,
      isHung: false,
      killTimer: undefined,
    };
    this.#handles.set(worker.id, handle);
    for (const reason of ['crash', 'killed', 'hung']) {
      // Counters that alerts watch start at 0.
      this.parts.totals.add('workerExits', [String(slot), reason], 0);
    }
    this.parts.totals.add('workerStarts', [String(slot)], 1);
    worker.on('message', (message: WorkerMessage) => this.#receive(handle, message));
    worker.on('error', (error) => this.parts.log.warn('worker channel failed', { slot, error }));
    onceEnded(worker, (code, signal) => {
      this.#exited(handle, code, signal, performance.now() - startedAt);
    });
    this.#showStates();
    return handle;
  }

  #receive(handle: WorkerHandle, message: WorkerMessage): void {
    handle.missedBeats = 0;
    switch (message.kind) {
      case 'hears':
      case 'beat':
        return;
      case 'series':
        this.parts.totals.name(handle.worker.id, message.series);
        return;
      case 'scrape':
        void this.#scrape(handle, message.id);
        return;
      case 'status':
        sendTo(handle.worker, {
          kind: 'scraped',
          id: message.id,
          contentType: 'application/json',
          text: this.parts.readStatus(),
        });
        return;
      case 'traces':
        if (handle.model !== undefined)
          this.parts.onTraces(handle.slot, handle.model, message.records);
        return;
      case 'fault':
        this.parts.onFault(message.fault);
        return;
      case 'redis':
        handle.redisFailure = message.failure;
        this.parts.onRedis(handle);
        return;
      case 'ready':
        handle.model = message.model;
        this.#becameReady(handle, message.usable);
        return;
      case 'unusable':
        handle.fault = message.reason;
        this.#failedItsCheck(handle);
        return;
      case 'unstartable':
        // Once the service has been up, it goes on with the workers it has.
        if (!this.#hasStarted) this.stop(1);
    }
  }

  async #scrape(handle: WorkerHandle, id: number): Promise<void> {
    sendTo(handle.worker, { kind: 'scraped', id, ...(await this.parts.readMetrics()) });
  }

  #becameReady(handle: WorkerHandle, usable: boolean): void {
    if (handle.state !== 'starting') return;
    handle.state = usable ? 'ready' : 'unready';
    if (usable) this.#provedBy(handle);
    this.#showStates();
    if (this.#stopping) {
      this.#drain(handle);
      return;
    }
    const handles = [...this.#handles.values()];
    if (this.#wasReady || handles.some(({ state }) => state === 'starting')) return;
    this.#wasReady = handles.some(({ state }) => state === 'ready');
    const isStart = !this.#hasStarted;
    this.#hasStarted = true;
    if (this.#wasReady) this.parts.onReady();
    else if (isStart) this.parts.onNotReady(handle.fault ?? 'no worker is usable');
    if (isStart) this.parts.onStarted();
  }

  #provedBy(handle: WorkerHandle): void {
    this.#proved.add(handle.files);
    for (const other of this.#handles.values()) {
      // It failed with a model that is right: a new process may do better.
      if (other.state === 'unready' && other.files === handle.files) {
        other.worker.process.kill('SIGKILL');
      }
    }
  }

  /**
   * Without any usable worker, one that is not usable may listen, to say so. Beside usable ones it
   * would only refuse what they would answer.
   */
  #failedItsCheck(handle: WorkerHandle): void {
    const isForRoll = handle.files !== this.#modelOf(handle.slot);
    if (isForRoll) return;
    if (!this.#proved.has(handle.files)) sendTo(handle.worker, { kind: 'listen' });
    else handle.worker.process.kill('SIGKILL');
  }

  #drain(handle: WorkerHandle): void {
    if (handle.state === 'draining') return;
    const wasStarting = handle.state === 'starting';
    handle.state = 'draining';
    this.#showStates();
    if (wasStarting) {
      // It serves nobody yet and may be deep in compiling a model: nothing is lost.
      handle.worker.process.kill('SIGKILL');
      return;
    }
    sendTo(handle.worker, { kind: 'drain' });
    handle.killTimer = setTimeout(() => {
      this.parts.log.error('worker did not drain in time and is killed', { slot: handle.slot });
      handle.worker.process.kill('SIGKILL');
    }, this.parts.drainTimeoutMs + GRACE_AFTER_DRAIN_MS);
  }

  #exited(handle: WorkerHandle, code: number, signal: string | null, aliveMs: number): void {
    clearTimeout(handle.killTimer);
    this.#handles.delete(handle.worker.id);
    const asked = handle.state === 'draining';
    const reason = exitReason(handle, signal);
    this.parts.totals.add('workerExits', [String(handle.slot), reason], 1);
    this.#showStates();
    // In a rolling restart, where a slot has an old and a new worker, the other one goes on.
    if (!asked && !this.#stopping && this.#workerOf(handle.slot) === undefined) {
      this.#restart(handle, code, signal, aliveMs);
    }
    this.#endIfEmpty();
  }

  #restart(handle: WorkerHandle, code: number, signal: string | null, aliveMs: number): void {
    const { slot } = handle;
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
    const end = handle.isHung
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
    if (!this.#stopping || this.#ended || this.#handles.size > 0) return;
    this.#ended = true;
    this.parts.onEnd(this.#exitCode);
  }

  #showStates(): void {
    const counts: Record<WorkerState, number> = { starting: 0, ready: 0, unready: 0, draining: 0 };
    for (const handle of this.#handles.values()) counts[handle.state] += 1;
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

function exitReason(
  handle: WorkerHandle,
  signal: string | null,
): 'clean' | 'crash' | 'killed' | 'hung' {
  if (handle.isHung) return 'hung';
  if (signal !== null) return 'killed';
  return handle.state === 'draining' ? 'clean' : 'crash';
}
