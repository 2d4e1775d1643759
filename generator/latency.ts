import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles that every report shows. */
export const PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const;

/** One point of a distribution: this share of requests, in percent, took at most this long. */
export interface PercentilePoint {
  readonly percentile: number;
  readonly ms: number;
}

/** The figures of a distribution; ms. All NaN, and no points, where nothing was recorded. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly percentiles: readonly PercentilePoint[];
}

/** @param wanted one of {@link PERCENTILES}; @returns ms, NaN where nothing was recorded */
export function percentileOf(summary: LatencySummary, wanted: number): number {
  return summary.percentiles.find(({ percentile }) => percentile === wanted)?.ms ?? NaN;
}

/**
 * Durations in an HDR histogram of microseconds. Three digits: a value read back is within 0.1 % of the
 * one recorded; histograms add up, which averages of percentiles do not. Minimum and maximum are exact.
 */
export class Latency {
  readonly #histogram: Histogram;
  #smallest = Infinity;
  #largest = -Infinity;
  #sum = 0;

  constructor(digits: 2 | 3 = 3) {
    this.#histogram = build({
      bitBucketSize: 32,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 16_777_216,
      numberOfSignificantValueDigits: digits,
      useWebAssembly: false,
    });
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** The longest, ms; NaN where nothing was recorded. */
  get max(): number {
    return this.count === 0 ? NaN : this.#largest;
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.max(1, Math.round(ms * 1_000)));
    if (ms < this.#smallest) this.#smallest = ms;
    if (ms > this.#largest) this.#largest = ms;
    this.#sum += ms;
  }

  /** Adds all that another one holds. */
  add(other: Latency): void {
    this.#histogram.add(other.#histogram);
    this.#smallest = Math.min(this.#smallest, other.#smallest);
    this.#largest = Math.max(this.#largest, other.#largest);
    this.#sum += other.#sum;
  }

  /** ms; NaN where nothing was recorded. */
  percentile(percentile: number): number {
    if (this.count === 0) return NaN;
    // The histogram answers with the top of a bucket, which may lie above the longest ever seen.
    return Math.min(this.#histogram.getValueAtPercentile(percentile) / 1_000, this.#largest);
  }

  summary(): LatencySummary {
    if (this.count === 0) return { count: 0, min: NaN, mean: NaN, max: NaN, percentiles: [] };
    return {
      count: this.count,
      min: this.#smallest,
      mean: this.#sum / this.count,
      max: this.#largest,
      percentiles: PERCENTILES.map((percentile) => ({
        percentile,
        ms: this.percentile(percentile),
      })),
    };
  }

  /** Points for a plot by percentile: evenly spaced in nines, up to the last that the count supports. */
  distribution(pointsPerNine = 20): PercentilePoint[] {
    const nines = Math.log10(Math.max(this.count, 1));
    const points: PercentilePoint[] = [];
    for (let i = 0; i <= nines * pointsPerNine; i += 1) {
      const percentile = 100 * (1 - 10 ** (-i / pointsPerNine));
      points.push({ percentile, ms: this.percentile(percentile) });
    }
    if (this.count > 0) points.push({ percentile: 100, ms: this.#largest });
    return points;
  }

  reset(): void {
    this.#histogram.reset();
    this.#smallest = Infinity;
    this.#largest = -Infinity;
    this.#sum = 0;
  }
}
