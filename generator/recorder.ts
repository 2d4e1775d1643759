import { Latency } from './latency.js';
import { LiveMeter } from './live.js';
import { OUTCOMES, countsAsLatency, isError, type Outcome } from './outcomes.js';
import { STRIDE, type SampleBatch } from './sample-batch.js';

/** What was counted in one slot of time. Rates are per second. */
export interface TimeSlot {
  /** The slot's start, seconds after the warm-up. */
  readonly second: number;
  readonly intendedRate: number;
  /** Sent within the slot, whenever they were due. */
  readonly sentRate: number;
  /** Answered well within the slot, whenever they were due. */
  readonly answeredRate: number;
  readonly errors: number;
  readonly late: number;
  /** Latency of requests that were due within the slot, ms; NaN where there is none. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Sends behind the schedule, which are the generator's own fault. */
export interface LateSends {
  /** More than 1 ms behind. */
  readonly over1Ms: number;
  /** More than 10 ms behind. */
  readonly over10Ms: number;
  readonly worstMs: number;
  readonly p99Ms: number;
}

export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/**
 * Counts what the threads report. A request belongs to the warm-up or to the measurement by its intended
 * send time, so that a stall at the border is not lost between the two.
 */
export class Recorder {
  readonly latency = new Latency();
  readonly service = new Latency();
  /** The last second, warm-up included. */
  readonly live = new LiveMeter();
  readonly #lateness = new Latency();
  readonly #counts = new Float64Array(OUTCOMES.length);
  readonly #slots: SlotCounts[];
  readonly #slotMs: number;
  #warmUpCount = 0;
  #warmUpErrorCount = 0;
  #over1Ms = 0;
  #over10Ms = 0;

  /** Both in ms; slots are of one second, longer in runs of more than {@link SLOTS_MAX} seconds. */
  constructor(
    private readonly warmUpMs: number,
    private readonly durationMs: number,
  ) {
    const seconds = Math.ceil(durationMs / 1_000);
    this.#slotMs = Math.max(1, Math.ceil(seconds / SLOTS_MAX)) * 1_000;
    this.#slots = Array.from(
      { length: Math.ceil(durationMs / this.#slotMs) },
      () => new SlotCounts(),
    );
  }

  add(batch: SampleBatch): void {
    for (let i = 0; i < batch.count; i += 1) {
      const at = i * STRIDE;
      this.#addOne(
        (batch.times[at] ?? 0) - this.warmUpMs,
        batch.times[at + 1] ?? 0,
        batch.times[at + 2] ?? 0,
        batch.times[at + 3] ?? NaN,
        OUTCOMES[batch.outcomes[i] ?? 0] ?? 'ok',
      );
    }
  }

  /** Requests whose intended time fell into the warm-up; counted, not measured. */
  get warmUp(): { readonly requests: number; readonly errors: number } {
    return { requests: this.#warmUpCount, errors: this.#warmUpErrorCount };
  }

  outcomes(): OutcomeCounts {
    const pairs = OUTCOMES.map((outcome, code) => [outcome, this.#counts[code] ?? 0] as const);
    // The pairs are made from the very list that the type is made from.
    return Object.fromEntries(pairs) as Record<Outcome, number>;
  }

  get requests(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get errors(): number {
    return OUTCOMES.reduce(
      (sum, outcome, i) => sum + (isError(outcome) ? (this.#counts[i] ?? 0) : 0),
      0,
    );
  }

  lateSends(): LateSends {
    const worst = this.#lateness.max;
    return {
      over1Ms: this.#over1Ms,
      over10Ms: this.#over10Ms,
      worstMs: Number.isNaN(worst) ? 0 : worst,
      p99Ms: this.#lateness.count === 0 ? 0 : this.#lateness.percentile(99),
    };
  }

  timeline(): TimeSlot[] {
    return this.#slots.map((slot, i) => {
      const startMs = i * this.#slotMs;
      const seconds = Math.min(this.#slotMs, this.durationMs - startMs) / 1_000;
      return slot.view(startMs / 1_000, seconds);
    });
  }

  #addOne(
    intendedMs: number,
    latenessMs: number,
    latencyMs: number,
    serviceMs: number,
    outcome: Outcome,
  ): void {
    this.live.add(latenessMs, latencyMs, outcome);
    const endedMs = intendedMs + latencyMs;
    const sentMs = endedMs - serviceMs;
    // Rates are counted where things happened, which may be another slot than the one they were due in.
    if (!Number.isNaN(sentMs)) this.#slotAt(sentMs)?.countSent();
    if (!isError(outcome)) this.#slotAt(endedMs)?.countAnswered();
    if (intendedMs < 0) {
      this.#warmUpCount += 1;
      if (isError(outcome)) this.#warmUpErrorCount += 1;
      return;
    }
    const code = OUTCOMES.indexOf(outcome);
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
    this.#lateness.record(latenessMs);
    if (latenessMs > 1) this.#over1Ms += 1;
    if (latenessMs > 10) this.#over10Ms += 1;
    if (countsAsLatency(outcome)) {
      this.latency.record(latencyMs);
      if (!Number.isNaN(serviceMs)) this.service.record(serviceMs);
    }
    this.#slotAt(intendedMs)?.countDue(latencyMs, latenessMs > 10, outcome);
  }

  #slotAt(ms: number): SlotCounts | undefined {
    return ms < 0 ? undefined : this.#slots[Math.floor(ms / this.#slotMs)];
  }
}

/** The most slots of a timeline; longer runs get longer slots. */
const SLOTS_MAX = 900;

class SlotCounts {
  readonly #latency = new Latency(2);
  #due = 0;
  #sent = 0;
  #answered = 0;
  #errors = 0;
  #late = 0;

  countSent(): void {
    this.#sent += 1;
  }

  countAnswered(): void {
    this.#answered += 1;
  }

  countDue(latencyMs: number, late: boolean, outcome: Outcome): void {
    this.#due += 1;
    if (late) this.#late += 1;
    if (isError(outcome)) this.#errors += 1;
    if (countsAsLatency(outcome)) this.#latency.record(latencyMs);
  }

  view(second: number, seconds: number): TimeSlot {
    return {
      second,
      intendedRate: this.#due / seconds,
      sentRate: this.#sent / seconds,
      answeredRate: this.#answered / seconds,
      errors: this.#errors,
      late: this.#late,
      p50: this.#latency.percentile(50),
      p99: this.#latency.percentile(99),
      max: this.#latency.max,
    };
  }
}
