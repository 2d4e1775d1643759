import { Latency } from './latency.js';
import { countsAsLatency, isError, type Outcome } from './outcomes.js';

/** A run's figures as they stand, for the progress line. */
export interface LiveView {
  readonly answered: number;
  readonly errors: number;
  /** Sends over 10 ms behind schedule. */
  readonly late: number;
  /** Of the last full second. Latencies in ms, NaN where nothing was answered. */
  readonly ratePerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Keeps the figures of the last second, and counts since the start, warm-up included. */
export class LiveMeter {
  readonly #latency = new Latency(2);
  #sinceMs = NaN;
  #answered = 0;
  #errors = 0;
  #late = 0;
  #lastSecond = { ratePerSecond: 0, p50: NaN, p99: NaN, max: NaN };

  add(latenessMs: number, latencyMs: number, outcome: Outcome): void {
    if (isError(outcome)) this.#errors += 1;
    else this.#answered += 1;
    if (latenessMs > 10) this.#late += 1;
    if (countsAsLatency(outcome)) this.#latency.record(latencyMs);
  }

  /** `nowMs` is any steady clock; the figures of the last second change once a second. */
  view(nowMs: number): LiveView {
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs >= 1_000) {
      this.#lastSecond = {
        ratePerSecond: (this.#latency.count * 1_000) / elapsedMs,
        p50: this.#latency.percentile(50),
        p99: this.#latency.percentile(99),
        max: this.#latency.max,
      };
      this.#latency.reset();
      this.#sinceMs = nowMs;
    }
    return {
      answered: this.#answered,
      errors: this.#errors,
      late: this.#late,
      ...this.#lastSecond,
    };
  }
}
