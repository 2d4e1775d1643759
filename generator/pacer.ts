import type { Schedule } from './schedule.js';

/** The clock and the timers that a pacer lives by; tests bring their own. */
export interface PacerClock {
  /** ms, monotonic. */
  now(): number;
  /** Calls back after at least this many whole ms. */
  afterMs(ms: number, callback: () => void): void;
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): void;
}

export interface PacerOptions {
  readonly schedule: Schedule;
  readonly clock: PacerClock;
  /** What the schedule's zero is on the clock. */
  readonly startMs: number;
  /** Waits shorter than this are spent turning the loop, since timers know whole ms only; 0: never. */
  readonly spinMs: number;
  /** A request is due: when it should have been sent, and how late that was noticed (ms). */
  readonly onDue: (intendedMs: number, latenessMs: number) => void;
  /** Called after each group of due requests, with the time. */
  readonly onGroup: (nowMs: number) => void;
}

/**
 * Turns a schedule into calls at the right time. It never skips a request and never moves one: what is
 * noticed late is reported as late. Whoever has the time at hand (an answer has come) may call `poll`
 * as well, which keeps sends on time at high rates without a timer per request.
 */
export class Pacer {
  #dueMs: number;
  #armed = false;
  #stopped = false;

  constructor(private readonly options: PacerOptions) {
    this.#dueMs = options.startMs + options.schedule.next();
  }

  start(): void {
    this.#arm();
  }

  /** No further request is due. */
  stop(): void {
    this.#stopped = true;
  }

  /** Whether every request of the schedule has been due, or the pacer was stopped. */
  get finished(): boolean {
    return this.#stopped || this.#dueMs === Infinity;
  }

  /** Hands out what is due by now. */
  poll(nowMs: number): void {
    if (this.#dueMs > nowMs || this.#stopped) return;
    const { schedule, onDue, startMs } = this.options;
    let left = GROUP_MAX;
    while (this.#dueMs <= nowMs && left > 0) {
      onDue(this.#dueMs, nowMs - this.#dueMs);
      this.#dueMs = startMs + schedule.next();
      left -= 1;
    }
    this.options.onGroup(nowMs);
  }

  #arm(): void {
    if (this.#armed || this.finished) return;
    this.#armed = true;
    const { clock, schedule, startMs, spinMs } = this.options;
    const nowMs = clock.now();
    const waitMs = this.#dueMs - nowMs;
    // Spinning pays where gaps are long; where several sends fall into one ms it would never end.
    const spin = schedule.rateAt(nowMs - startMs) <= SPIN_RATE_MAX ? spinMs : 0;
    if (waitMs <= spin) clock.nextTurn(this.#wake);
    else clock.afterMs(timerMs(waitMs, spin), this.#wake);
  }

  readonly #wake = (): void => {
    this.#armed = false;
    this.poll(this.options.clock.now());
    this.#arm();
  };
}

/**
 * Which whole number of ms to sleep: down to the last whole ms where the rest is short enough to spin
 * away, else up to the next one. A timer of n ms fires about 0.1 ms late, which the spinning absorbs.
 */
export function timerMs(waitMs: number, spinMs: number): number {
  const whole = Math.floor(waitMs);
  const ms = waitMs - whole <= spinMs ? whole : whole + 1;
  return Math.min(Math.max(1, ms), TIMER_MS_MAX);
}

/** The most requests handed out before the loop may read answers again. */
const GROUP_MAX = 256;

/** Per second. */
const SPIN_RATE_MAX = 1_000;

/** Sleeps are cut to this, so that a stopped pacer is gone soon. */
const TIMER_MS_MAX = 1_000;
