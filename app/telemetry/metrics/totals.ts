import { CameraNames } from './camera-names.js';
import { METRICS, type MetricId, type MetricDefinition } from './catalogue.js';
import { valuesOf, exemplarKey, type SeriesDescriptors, type Exemplar } from './recorder.js';

/** One series over all workers: a counter's or gauge's single value, or a histogram's values. */
export interface Series {
  readonly labels: readonly string[];
  readonly values: Float64Array;
}

/** Where one value of a source's counters and histograms is added. */
interface Sum {
  readonly into: Float64Array;
  readonly offset: number;
  /** How much of the source's value is in it. */
  added: number;
}

interface SourceGauge {
  readonly index: number;
  readonly id: MetricId;
  readonly labels: readonly string[];
}

/** The values of a worker process, and the series that they belong to. */
interface Source {
  readonly read: () => Float64Array;
  readonly sums: Map<number, Sum>;
  readonly gauges: SourceGauge[];
}

/** Series over all workers that one metric may have in the primary. */
const SERIES_MAX = 2048;

/**
 * The primary's sums over all workers that ever lived. Counters and histograms only grow, whatever
 * happens to the worker that counted; gauges are those of living workers.
 */
export class MetricsTotals {
  /** The bound on cameras is the cluster's, so it is kept where the workers' counts meet. */
  readonly cameras = new CameraNames();
  readonly #series = new Map<MetricId, Map<string, Series>>();
  readonly #exemplars = new Map<string, Exemplar>();
  /** Oldest first. */
  readonly #sources = new Map<number, Source>();

  /**
   * Takes in a worker process.
   *
   * @param read gives its values as they stand
   */
  open(source: number, read: () => Float64Array): void {
    this.#sources.set(source, { read, sums: new Map<number, Sum>(), gauges: [] });
  }

  /** Learns which series the values of a worker process belong to; those without one are not counted yet. */
  name(source: number, { series, exemplars = [] }: SeriesDescriptors): void {
    for (const exemplar of exemplars) this.#exemplars.set(exemplarKey(exemplar), exemplar);
    const known = this.#sources.get(source);
    if (known === undefined) return;
    for (const [first, id, labels] of series) {
      const definition: MetricDefinition = METRICS[id];
      if (definition.kind === 'gauge') {
        known.gauges.push({ index: first, id, labels });
        continue;
      }
      const into = this.#seriesOf(id, this.cameras.bound(definition.labels, labels)).values;
      for (let offset = 0; offset < into.length; offset += 1) {
        known.sums.set(first + offset, { into, offset, added: 0 });
      }
    }
  }

  /** Reads the values of all workers; to be called before anything is shown. */
  refresh(): void {
    // A slot's new worker comes after the old one, and its gauges are the ones to be seen.
    for (const source of this.#sources.values()) this.#take(source);
  }

  /** Takes the last counts of a worker process that has ended, and forgets its gauges. */
  close(source: number): void {
    const ended = this.#sources.get(source);
    if (ended === undefined) return;
    this.#take(ended);
    this.#sources.delete(source);
    for (const { id, labels } of ended.gauges) this.#series.get(id)?.delete(keyOf(labels));
    this.refresh();
  }

  /** The last exemplar of each route and bucket. */
  exemplars(): Exemplar[] {
    return [...this.#exemplars.values()];
  }

  /** Adds to a counter of the primary's own. */
  add(id: MetricId, labels: readonly string[], amount: number): void {
    const series = this.#seriesOf(id, labels);
    series.values[0] = (series.values[0] ?? 0) + amount;
  }

  /** Sets a gauge of the primary's own. */
  set(id: MetricId, labels: readonly string[], value: number): void {
    this.#seriesOf(id, labels).values[0] = value;
  }

  list(id: MetricId): Iterable<Series> {
    return this.#series.get(id)?.values() ?? [];
  }

  /** Sum of a counter's series whose labels satisfy `matches`. */
  sum(id: MetricId, matches: (labels: readonly string[]) => boolean = () => true): number {
    let sum = 0;
    for (const series of this.list(id)) if (matches(series.labels)) sum += series.values[0] ?? 0;
    return sum;
  }

  #take({ read, sums, gauges }: Source): void {
    const values = read();
    for (const [index, sum] of sums) {
      const value = values[index] ?? 0;
      // The growth first, as rounding could otherwise make a total fall.
      const growth = value - sum.added;
      // A total never falls: negative or non-finite deltas are ignored.
      if (!(growth > 0 && Number.isFinite(growth))) continue;
      sum.into[sum.offset] = (sum.into[sum.offset] ?? 0) + growth;
      sum.added = value;
    }
    for (const { index, id, labels } of gauges) this.set(id, labels, values[index] ?? 0);
  }

  #seriesOf(id: MetricId, labels: readonly string[]): Series {
    let ofMetric = this.#series.get(id);
    if (ofMetric === undefined) this.#series.set(id, (ofMetric = new Map<string, Series>()));
    const bounded =
      ofMetric.size < SERIES_MAX || ofMetric.has(keyOf(labels))
        ? labels
        : labels.map(() => 'other');
    const key = keyOf(bounded);
    let series = ofMetric.get(key);
    if (series === undefined) {
      const values = new Float64Array(valuesOf(METRICS[id]));
      series = { labels: bounded, values };
      ofMetric.set(key, series);
    }
    return series;
  }
}

function keyOf(labels: readonly string[]): string {
  return labels.join('\n');
}
