import type { Random } from './random.js';
import type { Schedule } from './schedule.js';

/** Simulates a day of traffic on a road. */
export interface RoadOptions {
  /** Requests per second of all threads, the day's mean apart from bursts. */
  readonly ratePerSecond: number;
  /** How long a day takes, in ms of real time. */
  readonly dayMs: number;
  /** The hour at which the run starts, 0..24. */
  readonly startHour: number;
  /** Bursts (a platoon let go by a traffic light, a jam that dissolves) per minute of real time. */
  readonly burstsPerMinute: number;
}

/**
 * Arrivals at random (Poisson) whose rate follows the day curve and rises during bursts. Each thread
 * draws its own share; shares of Poisson processes add up to one.
 */
export function roadSchedule(
  options: RoadOptions,
  threads: number,
  random: Random,
  totalMs: number,
): Schedule {
  const bursts = new Bursts(options.burstsPerMinute, random);
  const rateAt = (ms: number): number =>
    (options.ratePerSecond * dayFactor(hourAt(options, ms)) * bursts.factorAt(ms)) / threads;
  let at = 0;
  return {
    rateAt,
    next: () => {
      // Thinning (Lewis and Shedler): draw at the highest rate, keep a draw in proportion to the rate.
      const highest = (options.ratePerSecond * DAY_PEAK * BURST_FACTOR_MAX) / threads;
      do {
        at += random.exponential(1_000 / highest);
        if (at >= totalMs) return Infinity;
      } while (!random.chance(rateAt(at) / highest));
      return at;
    },
  };
}

/** The hour of the road's day, 0 <= h < 24, at this many ms from the start. */
export function hourAt(options: Pick<RoadOptions, 'dayMs' | 'startHour'>, ms: number): number {
  return (options.startHour + (ms / options.dayMs) * 24) % 24;
}

/** How much traffic there is at an hour of the day; 1 on the day's average, {@link DAY_PEAK} at most. */
export function dayFactor(hour: number): number {
  const curve =
    NIGHT + 2.2 * bell(hour, 8.25, 1.3) + 1.1 * bell(hour, 13, 3.2) + 2 * bell(hour, 18, 1.8);
  return curve / DAY_MEAN;
}

const NIGHT = 0.15;

/** A bell around an hour, wrapped around midnight. */
function bell(hour: number, middle: number, widthHours: number): number {
  const apart = Math.abs(hour - middle);
  const distance = Math.min(apart, 24 - apart) / widthHours;
  return Math.exp(-0.5 * distance * distance);
}

/** The mean over the day of the curve before it is divided by it: each bell's area is width * sqrt(2 pi). */
const DAY_MEAN = NIGHT + ((2.2 * 1.3 + 1.1 * 3.2 + 2 * 1.8) * Math.sqrt(2 * Math.PI)) / 24;

/** Above the day's highest factor, which is about 2.4. */
export const DAY_PEAK = 2.8;
const BURST_FACTOR_MAX = 4;

/** Bursts that come at random, last one to four seconds, and multiply the rate by two to four. */
class Bursts {
  #startMs: number;
  #endMs = 0;
  #factor = 1;

  constructor(
    private readonly perMinute: number,
    private readonly random: Random,
  ) {
    this.#startMs = Infinity;
    this.#plan(0);
  }

  /** Times must not go back by more than the burst at hand. */
  factorAt(ms: number): number {
    while (ms >= this.#endMs && this.#startMs !== Infinity) this.#plan(this.#endMs);
    return ms >= this.#startMs && ms < this.#endMs ? this.#factor : 1;
  }

  #plan(afterMs: number): void {
    if (this.perMinute <= 0) return;
    this.#startMs = afterMs + this.random.exponential(60_000 / this.perMinute);
    this.#endMs = this.#startMs + this.random.between(1_000, 4_000);
    this.#factor = this.random.between(2, BURST_FACTOR_MAX);
  }
}
