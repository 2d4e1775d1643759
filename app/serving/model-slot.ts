import { Batcher, type BatcherLimits } from './batcher.js';
import { Decider, type DecideReading, type ScoreQueue } from './decide.js';
import { checkGolden, type GoldenReading, type GoldenResult } from './golden-check.js';
import type {
  Clock,
  DecisionMetrics,
  InputKind,
  InputSignals,
  ModelIdentity,
  Scorer,
  SharedCache,
} from './ports.js';

/** Wraps the parts of a decision path, to note the stages of requests that are traced. */
export interface PathTracer {
  scorer<Input>(inner: Scorer<Input>): Scorer<Input>;
  queue<Input>(inner: ScoreQueue<Input>): ScoreQueue<Input>;
  cache(inner: SharedCache): SharedCache;
  metrics(inner: DecisionMetrics): DecisionMetrics;
  decider(inner: DecideReading): DecideReading;
}

export interface ModelSlotParts<Input> {
  readonly scorer: Scorer<Input>;
  readonly kind: InputKind<Input>;
  readonly limits: BatcherLimits;
  /** Answers held in memory; 0 for none. */
  readonly memoryEntries: number;
  readonly sharedCache: SharedCache | undefined;
  readonly metrics: DecisionMetrics;
  readonly signals: InputSignals<Input>;
  /** Absent where nothing is traced: then no part pays for it. */
  readonly tracer: PathTracer | undefined;
  readonly now: Clock;
}

/**
 * One model in this process, and all that must never be shared with another model: its queue, its
 * memory cache, its flights, the proof that it is right.
 */
export class ModelSlot<Input> {
  readonly model: ModelIdentity;
  /** Decides by this model; handed out, since a call through this class would cost each request. */
  readonly decider: DecideReading;
  readonly #batcher: Batcher<Input>;
  readonly #decider: Decider<Input>;

  constructor(private readonly parts: ModelSlotParts<Input>) {
    const { scorer, kind, limits, memoryEntries, sharedCache, signals, tracer, now } = parts;
    this.model = scorer.model;
    const metrics = tracer?.metrics(parts.metrics) ?? parts.metrics;
    this.#batcher = new Batcher(tracer?.scorer(scorer) ?? scorer, limits, metrics, now);
    this.#decider = new Decider({
      model: scorer.model,
      kind,
      batcher: tracer?.queue(this.#batcher) ?? this.#batcher,
      memoryEntries,
      sharedCache:
        sharedCache === undefined ? undefined : (tracer?.cache(sharedCache) ?? sharedCache),
      metrics,
      signals,
      now,
    });
    this.decider = tracer?.decider(this.#decider) ?? this.#decider;
  }

  /** Inputs that wait to be scored, and answers in memory. */
  levels(): { readonly queueLength: number; readonly cacheEntries: number } {
    const { queueLength } = this.#batcher;
    return { queueLength, cacheEntries: this.#decider.memoryEntries };
  }

  /**
   * Scores golden inputs, and warms the model up with them.
   *
   * @param tolerance largest difference of a probability
   */
  prove(golden: readonly GoldenReading[], tolerance: number): Promise<GoldenResult> {
    return checkGolden(this.parts.kind, this.parts.scorer, golden, tolerance);
  }
}
