import type { RequestTrace, TracedStage } from '../../serving/trace-context.js';
import type { DecideReading, ScoreQueue } from '../../serving/decide.js';
import type { Clock, DecisionMetrics, Scorer, SharedCache } from '../../serving/ports.js';

interface Run {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly rows: number;
}

/**
 * Notes the stages of sampled requests from outside: it wraps the parts of the decision path, so
 * that the path itself neither knows of traces nor pays for them where tracing is off.
 *
 * The parts call each other in the same turn of the event loop, so "whose request is this" is one
 * variable: set when a part is entered or calls back, put back when that returns.
 */
export class StageTracer {
  #current: RequestTrace | undefined;
  /** Sampled readings that wait for a batch or are in one. */
  #queued = 0;
  #lastRun: Run = { startedAt: 0, endedAt: 0, rows: 0 };

  constructor(private readonly now: Clock) {}

  decider(inner: DecideReading): DecideReading {
    return {
      decide: (body, deadlineAt, done, trace) => {
        if (trace?.sampled !== true) {
          inner.decide(body, deadlineAt, done, trace);
          return;
        }
        this.#within(trace, () => inner.decide(body, deadlineAt, done, trace));
      },
    };
  }

  metrics(inner: DecisionMetrics): DecisionMetrics {
    return {
      ...inner,
      stage: (stage, seconds) => {
        inner.stage(stage, seconds);
        if (stage !== 'parse' || this.#current === undefined) return;
        this.#noteUntilNow('parse', this.now() - seconds);
      },
    };
  }

  cache(inner: SharedCache): SharedCache {
    return {
      lookUp: (key, done) => {
        const trace = this.#current;
        if (trace === undefined) {
          inner.lookUp(key, done);
          return;
        }
        const startedAt = this.now();
        inner.lookUp(key, (positive) => {
          this.#within(trace, () => {
            this.#noteUntilNow('cache', startedAt, { hit: positive !== undefined });
            done(positive);
          });
        });
      },
      store: (key, positive) => inner.store(key, positive),
    };
  }

  queue<Input>(inner: ScoreQueue<Input>): ScoreQueue<Input> {
    return {
      submit: (request, done) => {
        const trace = this.#current;
        if (trace === undefined) {
          inner.submit(request, done);
          return;
        }
        const enqueuedAt = this.now();
        this.#queued += 1;
        inner.submit(request, (positive, failure) => {
          this.#queued -= 1;
          this.#noteScored(trace, enqueuedAt, failure?.kind === 'overload');
          this.#within(trace, () => done(positive, failure));
        });
      },
    };
  }

  scorer<Input>(inner: Scorer<Input>): Scorer<Input> {
    return {
      model: inner.model,
      score: (inputs) => (this.#queued === 0 ? inner.score(inputs) : this.#timed(inner, inputs)),
    };
  }

  async #timed<Input>(inner: Scorer<Input>, inputs: readonly Input[]): Promise<Float64Array> {
    const startedAt = this.now();
    try {
      return await inner.score(inputs);
    } finally {
      // The queue runs one batch at a time and reports its readings before the next.
      this.#lastRun = { startedAt, endedAt: this.now(), rows: inputs.length };
    }
  }

  #noteScored(trace: RequestTrace, enqueuedAt: number, wasGivenUp: boolean): void {
    if (wasGivenUp) {
      trace.stages.push({ name: 'queue', startedAt: enqueuedAt, endedAt: this.now() });
      return;
    }
    const { startedAt, endedAt, rows } = this.#lastRun;
    trace.stages.push(
      { name: 'queue', startedAt: enqueuedAt, endedAt: startedAt },
      { name: 'inference', startedAt, endedAt, attributes: { 'regno.batch_rows': rows } },
    );
  }

  #noteUntilNow(
    name: TracedStage['name'],
    startedAt: number,
    attributes?: TracedStage['attributes'],
  ): void {
    this.#current?.stages.push({
      name,
      startedAt,
      endedAt: this.now(),
      ...(attributes === undefined ? {} : { attributes }),
    });
  }

  #within(trace: RequestTrace | undefined, act: () => void): void {
    const before = this.#current;
    this.#current = trace;
    try {
      act();
    } finally {
      this.#current = before;
    }
  }
}
