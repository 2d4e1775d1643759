import { METRICS, type MetricDefinition, type MetricId } from './catalogue.js';

/**
 * What a worker reports of its series by message; their values the primary reads for itself
 * (`SharedCounters`).
 */
export interface SeriesDescriptors {
  /** Series made since the last time: `[index of its first value, metric, label values]`. */
  readonly series: readonly (readonly [number, MetricId, readonly string[]])[];
  readonly exemplars?: readonly Exemplar[];
}

/** A traced request that stands for its bucket of regno_http_request_duration_seconds. */
export interface Exemplar {
  readonly route: string;
  readonly seconds: number;
  readonly traceId: string;
  /** Unix time, s. */
  readonly at: number;
}

export interface Counter {
  inc(amount?: number): void;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  /** @param value in the unit of the metric's name */
  observe(value: number): void;
}

/** Label sets per metric; more fall into one series whose label values are all `other`. */
const SERIES_MAX = 512;

/**
 * A worker's metrics. A counter is one value of a Float64Array, a histogram is a run of values (one
 * per bucket, one for +Inf, one for the sum): recording is an addition and makes no garbage, which
 * prom-client's own (about 500 ns for a labelled observation) would not give the hot path.
 */
export class MetricsRecorder {
  #values = new Float64Array(1024);
  #used = 0;
  #newSeries: [number, MetricId, readonly string[]][] = [];
  /** The last of each route and bucket. */
  readonly #exemplars = new Map<string, Exemplar>();
  readonly #series = new Map<string, number>();
  readonly #seriesPerMetric = new Map<MetricId, number>();

  counter(id: MetricId, ...labels: readonly string[]): Counter {
    const index = this.#indexOf(id, 'counter', labels);
    return { inc: (amount = 1) => this.#add(index, amount) };
  }

  gauge(id: MetricId, ...labels: readonly string[]): Gauge {
    const index = this.#indexOf(id, 'gauge', labels);
    return {
      set: (value) => {
        this.#values[index] = value;
      },
    };
  }

  histogram(id: MetricId, ...labels: readonly string[]): Histogram {
    const first = this.#indexOf(id, 'histogram', labels);
    const edges = bucketsOf(METRICS[id]);
    const sum = first + edges.length + 1;
    return {
      observe: (value) => {
        let bucket = 0;
        while (bucket < edges.length && value > (edges[bucket] ?? Infinity)) bucket += 1;
        this.#add(first + bucket, 1);
        this.#add(sum, value);
      },
    };
  }

  exemplar(exemplar: Exemplar): void {
    this.#exemplars.set(exemplarKey(exemplar), exemplar);
  }

  /** The values in use: counters, histograms and gauges as they stand. Later recordings show in it. */
  values(): Float64Array {
    return this.#values.subarray(0, this.#used);
  }

  /**
   * What is new since the last call, or undefined where nothing is.
   *
   * @param withExemplars false leaves them for a later call
   */
  drainNewSeries(withExemplars: boolean): SeriesDescriptors | undefined {
    const series = this.#newSeries;
    const tellsExemplars = withExemplars && this.#exemplars.size > 0;
    if (series.length === 0 && !tellsExemplars) return undefined;
    this.#newSeries = [];
    if (!tellsExemplars) return { series };
    const exemplars = [...this.#exemplars.values()];
    this.#exemplars.clear();
    return { series, exemplars };
  }

  #add(index: number, amount: number): void {
    this.#values[index] = (this.#values[index] ?? 0) + amount;
  }

  #indexOf(id: MetricId, kind: MetricDefinition['kind'], labels: readonly string[]): number {
    const definition: MetricDefinition = METRICS[id];
    if (definition.kind !== kind || definition.labels.length !== labels.length) {
      throw new TypeError(
        `${definition.name} is a ${definition.kind} with labels [${definition.labels.join(', ')}], not a ${kind} with ${labels.length}`,
      );
    }
    const key = keyOf(id, labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const count = this.#seriesPerMetric.get(id) ?? 0;
    const overflow = labels.map(() => 'other');
    if (count >= SERIES_MAX && key !== keyOf(id, overflow))
      return this.#indexOf(id, kind, overflow);
    this.#seriesPerMetric.set(id, count + 1);
    const index = this.#allocate(definition);
    this.#series.set(key, index);
    this.#newSeries.push([index, id, labels]);
    return index;
  }

  #allocate(definition: MetricDefinition): number {
    const first = this.#used;
    this.#used += valuesOf(definition);
    while (this.#values.length < this.#used) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    return first;
  }
}

function keyOf(id: MetricId, labels: readonly string[]): string {
  return `${id}\n${labels.join('\n')}`;
}

/** How many values a series has: one, or a histogram's buckets, +Inf and sum. */
export function valuesOf(definition: MetricDefinition): number {
  return definition.kind === 'histogram' ? bucketsOf(definition).length + 2 : 1;
}

export function bucketsOf(definition: MetricDefinition): readonly number[] {
  return definition.buckets ?? [];
}

/** Exemplars of one route and one bucket stand for the same: one of them is kept. */
export function exemplarKey({ route, seconds }: Exemplar): string {
  const bucket = bucketsOf(METRICS.httpDuration).findIndex((edge) => seconds <= edge);
  return `${route} ${bucket}`;
}
