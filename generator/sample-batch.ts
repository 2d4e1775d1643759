import { outcomeCode, type Outcome } from './outcomes.js';

/** What travels from a thread that sends to the one that counts: a few requests' times and outcomes. */
export interface SampleBatch {
  readonly count: number;
  /** {@link STRIDE} numbers per request, in ms: intended (from the run's start), lateness, latency, service. */
  readonly times: Float64Array;
  /** A code of outcomes.ts per request. */
  readonly outcomes: Uint8Array;
}

export const STRIDE = 4;

/** Gathers requests into batches, so that threads talk a few times a second and not per request. */
export class SampleBuffer {
  #times = new Float64Array(SAMPLES_MAX * STRIDE);
  #outcomes = new Uint8Array(SAMPLES_MAX);
  #count = 0;

  /** `flush` gets each full batch, and owns it. */
  constructor(private readonly flush: (batch: SampleBatch) => void) {}

  add(
    intendedMs: number,
    latenessMs: number,
    latencyMs: number,
    serviceMs: number,
    outcome: Outcome,
  ): void {
    const at = this.#count * STRIDE;
    this.#times[at] = intendedMs;
    this.#times[at + 1] = latenessMs;
    this.#times[at + 2] = latencyMs;
    this.#times[at + 3] = serviceMs;
    this.#outcomes[this.#count] = outcomeCode(outcome);
    this.#count += 1;
    if (this.#count === SAMPLES_MAX) this.send();
  }

  /** Hands over what is there. */
  send(): void {
    if (this.#count === 0) return;
    const batch = {
      count: this.#count,
      times: this.#times.slice(0, this.#count * STRIDE),
      outcomes: this.#outcomes.slice(0, this.#count),
    };
    this.#count = 0;
    this.flush(batch);
  }
}

const SAMPLES_MAX = 4_096;
