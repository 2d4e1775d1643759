import { METRICS, type MetricDefinition } from '../metrics/catalogue.js';
import { bucketsOf, valuesOf } from '../metrics/recorder.js';
import type { MetricsTotals } from '../metrics/totals.js';

/** What happened on `POST /reg/` in a span of time. */
export interface Traffic {
  readonly requestsPerSecond: number;
  /** Answers of 500 and above. */
  readonly errorsPerSecond: number;
  /** Answers of 400 to 499. */
  readonly refusedPerSecond: number;
  /** Within a bucket of the histogram; null where there was no request. */
  readonly p50Seconds: number | null;
  readonly p99Seconds: number | null;
  /** Mean over the batches; null where there was none. */
  readonly batchRows: number | null;
}

/** Sums at one moment; all only grow. */
interface Moment {
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly duration: Float64Array;
  readonly batch: Float64Array;
  readonly refusals: ReadonlyMap<string, number>;
  readonly lookUps: ReadonlyMap<string, number>;
}

/** Look-ups of one cache level by result; the share of hits is null where there was none. */
export interface LevelTraffic {
  readonly level: string;
  readonly results: Readonly<Record<string, number>>;
  readonly hitRatio: number | null;
}

export interface RefusalTraffic {
  readonly reason: string;
  readonly total: number;
  readonly lastMinute: number;
}

const ROUTE = '/reg/';
const MOMENTS_MAX = 61;
const LEVELS = ['memory', 'redis'] as const;

/** The last minute of traffic, from sums taken once a second. */
export class TrafficHistory {
  #moments: Moment[] = [];

  constructor(
    private readonly totals: MetricsTotals,
    /** Seconds on a clock that never goes back. */
    private readonly now: () => number,
  ) {
    this.sample();
  }

  /** To be called once a second. */
  sample(): void {
    this.#moments.push(this.#take());
    if (this.#moments.length > MOMENTS_MAX) this.#moments.shift();
  }

  /** Over the last minute, or since the start where that is less. */
  lastMinute(): Traffic {
    const newest = this.#take();
    return between(this.#moments[0] ?? newest, newest);
  }

  /** Second by second, oldest first; at most 60. */
  perSecond(): Traffic[] {
    return this.#moments.slice(1).map((moment, i) => between(this.#moments[i] ?? moment, moment));
  }

  refusals(): RefusalTraffic[] {
    const before = this.#moments[0]?.refusals;
    return [...this.#take().refusals]
      .map(([reason, total]) => ({ reason, total, lastMinute: total - (before?.get(reason) ?? 0) }))
      .sort((a, b) => b.lastMinute - a.lastMinute || b.total - a.total);
  }

  /** Of the last minute. */
  lookUps(): LevelTraffic[] {
    const before = this.#moments[0]?.lookUps;
    const now = this.#take().lookUps;
    return LEVELS.map((level) => {
      const results: Record<string, number> = {};
      let asked = 0;
      for (const [key, count] of now) {
        const [ofLevel, result = ''] = key.split(' ');
        if (ofLevel !== level) continue;
        results[result] = count - (before?.get(key) ?? 0);
        asked += results[result] ?? 0;
      }
      return { level, results, hitRatio: asked === 0 ? null : (results['hit'] ?? 0) / asked };
    });
  }

  #take(): Moment {
    const { totals } = this;
    const answered = (first: string): number =>
      totals.sum(
        'httpRequests',
        ([route, , status]) => route === ROUTE && status?.startsWith(first) === true,
      );
    return {
      at: this.now(),
      requests: totals.sum('httpRequests', ([route]) => route === ROUTE),
      errors: answered('5'),
      refused: answered('4'),
      duration: this.#values('httpDuration', ROUTE),
      batch: this.#values('batchSize'),
      refusals: this.#byLabels('refusals'),
      lookUps: this.#byLabels('cacheRequests'),
    };
  }

  #values(id: 'httpDuration' | 'batchSize', route?: string): Float64Array {
    const sum = new Float64Array(valuesOf(METRICS[id]));
    for (const series of this.totals.list(id)) {
      if (series.labels[0] !== route) continue;
      for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (series.values[i] ?? 0);
    }
    return sum;
  }

  #byLabels(id: 'refusals' | 'cacheRequests'): Map<string, number> {
    const counts = new Map<string, number>();
    for (const series of this.totals.list(id)) {
      counts.set(series.labels.join(' '), series.values[0] ?? 0);
    }
    return counts;
  }
}

function between(from: Moment, to: Moment): Traffic {
  const seconds = Math.max(to.at - from.at, 0.001);
  const duration = grown(from.duration, to.duration);
  const batch = grown(from.batch, to.batch);
  const batches = countOf(batch);
  return {
    requestsPerSecond: (to.requests - from.requests) / seconds,
    errorsPerSecond: (to.errors - from.errors) / seconds,
    refusedPerSecond: (to.refused - from.refused) / seconds,
    p50Seconds: quantileOf(0.5, METRICS.httpDuration, duration),
    p99Seconds: quantileOf(0.99, METRICS.httpDuration, duration),
    batchRows: batches === 0 ? null : (batch.at(-1) ?? 0) / batches,
  };
}

function grown(from: Float64Array, to: Float64Array): Float64Array {
  return to.map((value, i) => value - (from[i] ?? 0));
}

/** The last value is the sum; the others are counts. */
function countOf(values: Float64Array): number {
  return values.subarray(0, -1).reduce((sum, count) => sum + count, 0);
}

/**
 * As Prometheus does it: linear within the bucket where the quantile falls, and the last edge for
 * what is beyond it.
 */
export function quantileOf(
  quantile: number,
  definition: MetricDefinition,
  values: Float64Array,
): number | null {
  const edges = bucketsOf(definition);
  const rank = quantile * countOf(values);
  if (rank === 0) return null;
  let below = 0;
  for (const [i, edge] of edges.entries()) {
    const count = values[i] ?? 0;
    if (count > 0 && below + count >= rank) {
      const floor = edges[i - 1] ?? 0;
      return floor + ((edge - floor) * (rank - below)) / count;
    }
    below += count;
  }
  return edges.at(-1) ?? null;
}
