import { METRICS, type MetricDefinition, type MetricId } from './catalogue.js';

/**
 * What a worker reports to the primary: new cells since the last report, then what changed. The
 * primary adds `deltas` to its totals, so nothing that was reported is lost when the worker dies,
 * and a worker that hangs cannot hold up a scrape.
 */
export interface MetricsReport {
  /** Cells made since the last report: `[first cell, metric, label values]`. */
  readonly series: readonly (readonly [number, MetricId, readonly string[]])[];
  /** Counter and histogram cells that grew: cell, growth, cell, growth ... */
  readonly deltas: readonly number[];
  /** Gauge cells that moved: cell, value, cell, value ... */
  readonly gauges: readonly number[];
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

/** Exemplars in one report; more are of no use. */
const EXEMPLARS_MAX = 8;
/** Label sets per metric; more fall into one series whose label values are all `other`. */
const SERIES_MAX = 512;

/**
 * A worker's metrics. A counter is one cell of a Float64Array, a histogram is a run of cells (one
 * per bucket, one for +Inf, one for the sum): recording is an addition and makes no garbage, which
 * prom-client's own (about 500 ns for a labelled observation) would not give the hot path.
 */
export class MetricsRecorder {
  #values = new Float64Array(1024);
  #reported = new Float64Array(1024);
  #kinds: ('sum' | 'gauge')[] = [];
  #newSeries: [number, MetricId, readonly string[]][] = [];
  #exemplars: Exemplar[] = [];
  readonly #series = new Map<string, number>();
  readonly #seriesPerMetric = new Map<MetricId, number>();

  counter(id: MetricId, ...labels: readonly string[]): Counter {
    const cell = this.#cell(id, 'counter', labels);
    return { inc: (amount = 1) => this.#add(cell, amount) };
  }

  gauge(id: MetricId, ...labels: readonly string[]): Gauge {
    const cell = this.#cell(id, 'gauge', labels);
    return {
      set: (value) => {
        this.#values[cell] = value;
      },
    };
  }

  histogram(id: MetricId, ...labels: readonly string[]): Histogram {
    const first = this.#cell(id, 'histogram', labels);
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
    if (this.#exemplars.length < EXEMPLARS_MAX) this.#exemplars.push(exemplar);
  }

  /** What changed since the last call, or undefined where nothing did. */
  takeReport(): MetricsReport | undefined {
    const deltas: number[] = [];
    const gauges: number[] = [];
    for (let cell = 0; cell < this.#kinds.length; cell += 1) {
      const value = this.#values[cell] ?? 0;
      const before = this.#reported[cell] ?? 0;
      if (value === before) continue;
      if (this.#kinds[cell] === 'gauge') gauges.push(cell, value);
      else deltas.push(cell, value - before);
      this.#reported[cell] = value;
    }
    const series = this.#newSeries;
    if (series.length === 0 && deltas.length === 0 && gauges.length === 0) return undefined;
    this.#newSeries = [];
    if (this.#exemplars.length === 0) return { series, deltas, gauges };
    const exemplars = this.#exemplars;
    this.#exemplars = [];
    return { series, deltas, gauges, exemplars };
  }

  #add(cell: number, amount: number): void {
    this.#values[cell] = (this.#values[cell] ?? 0) + amount;
  }

  #cell(id: MetricId, kind: MetricDefinition['kind'], labels: readonly string[]): number {
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
    if (count >= SERIES_MAX && key !== keyOf(id, overflow)) return this.#cell(id, kind, overflow);
    this.#seriesPerMetric.set(id, count + 1);
    const cell = this.#allocate(definition);
    this.#series.set(key, cell);
    this.#newSeries.push([cell, id, labels]);
    return cell;
  }

  #allocate(definition: MetricDefinition): number {
    const first = this.#kinds.length;
    const size = cellsOf(definition);
    const kind = definition.kind === 'gauge' ? 'gauge' : 'sum';
    for (let i = 0; i < size; i += 1) this.#kinds.push(kind);
    while (this.#values.length < this.#kinds.length) {
      this.#values = doubled(this.#values);
      this.#reported = doubled(this.#reported);
    }
    // A gauge that is set to 0 first must be reported too.
    if (kind === 'gauge') this.#reported[first] = NaN;
    return first;
  }
}

function keyOf(id: MetricId, labels: readonly string[]): string {
  return `${id}\n${labels.join('\n')}`;
}

/** Cells of one series: one, or a histogram's buckets, +Inf and sum. */
export function cellsOf(definition: MetricDefinition): number {
  return definition.kind === 'histogram' ? bucketsOf(definition).length + 2 : 1;
}

export function bucketsOf(definition: MetricDefinition): readonly number[] {
  return definition.buckets ?? [];
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
