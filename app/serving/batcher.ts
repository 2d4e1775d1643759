import type { Clock, DecisionMetrics, Overload, Scorer } from './ports.js';

/** Exactly one of the two is given. */
export type Scored = (positive: number | undefined, failure: BatchFailure | undefined) => void;

export type BatchFailure =
  | { readonly kind: 'overload'; readonly reason: Overload }
  | { readonly kind: 'error'; readonly cause: unknown };

/** What is to be scored, and until when that is of use. */
export interface ScoreRequest<Input> {
  readonly input: Input;
  /** On the batcher's clock, in seconds; read when a batch is made up. */
  readonly deadlineAt: number;
}

interface Waiting<Input> {
  readonly request: ScoreRequest<Input>;
  readonly enqueuedAt: number;
  readonly done: Scored;
}

export interface BatcherLimits {
  readonly batchRowsMax: number;
  readonly queueRowsMax: number;
}

/**
 * Scores inputs that arrive in the same turn of the event loop as one batch. A run of the graph
 * has a fixed cost and blocks the loop, while a row costs little: whatever comes in during a run
 * makes the next batch, which adds no batching delay, and the cost per row falls as the load rises.
 */
export class Batcher<Input> {
  #waiting: Waiting<Input>[] = [];
  #scheduled = false;

  constructor(
    private readonly scorer: Scorer<Input>,
    private readonly limits: BatcherLimits,
    private readonly metrics: DecisionMetrics,
    private readonly now: Clock,
  ) {}

  get queueLength(): number {
    return this.#waiting.length;
  }

  /**
   * @param done called exactly once, never before `submit` returns unless the queue is full
   */
  submit(request: ScoreRequest<Input>, done: Scored): void {
    if (this.#waiting.length >= this.limits.queueRowsMax) {
      done(undefined, { kind: 'overload', reason: 'overload_queue' });
      return;
    }
    this.#waiting.push({ request, enqueuedAt: this.now(), done });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    const batch = this.#takeBatch();
    if (batch.length > 0) await this.#score(batch);
    this.#scheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #takeBatch(): readonly Waiting<Input>[] {
    const now = this.now();
    const batch: Waiting<Input>[] = [];
    let taken = 0;
    for (const item of this.#waiting) {
      if (batch.length === this.limits.batchRowsMax) break;
      taken += 1;
      if (item.request.deadlineAt < now) {
        item.done(undefined, { kind: 'overload', reason: 'deadline' });
        continue;
      }
      batch.push(item);
    }
    this.#waiting = taken === this.#waiting.length ? [] : this.#waiting.slice(taken);
    const oldest = batch[0];
    if (oldest !== undefined) this.metrics.stage('queue', now - oldest.enqueuedAt);
    return batch;
  }

  async #score(batch: readonly Waiting<Input>[]): Promise<void> {
    let positives: Float64Array;
    try {
      positives = await this.scorer.score(batch.map((item) => item.request.input));
    } catch (cause) {
      this.metrics.internalError('inference');
      for (const item of batch) item.done(undefined, { kind: 'error', cause });
      return;
    }
    this.metrics.batch(batch.length);
    let row = 0;
    for (const item of batch) {
      this.#answer(item, positives[row]);
      row += 1;
    }
  }

  #answer(item: Waiting<Input>, positive: number | undefined): void {
    if (positive !== undefined && !Number.isNaN(positive)) {
      item.done(positive, undefined);
      return;
    }
    // The scorer gives NaN for an answer that no right model gives.
    this.metrics.internalError('inference');
    item.done(undefined, {
      kind: 'error',
      cause: new Error('the model gave no two probabilities that add up to 1'),
    });
  }
}
