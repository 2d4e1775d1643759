import { METRICS, type MetricId, type MetricDefinition } from './catalogue.js';
import { bucketsOf, cellsOf, type Exemplar, type MetricsReport } from './recorder.js';

/** One series over all workers: a counter's or gauge's single value, or a histogram's cells. */
export interface Series {
  readonly labels: readonly string[];
  readonly cells: Float64Array;
  /** Of a gauge: the process that reports it. A slot's new worker takes over from the old one. */
  source: number | undefined;
}

interface Cell {
  readonly series: Series;
  readonly offset: number;
}

/** Series over all workers that one metric may have in the primary. */
const SERIES_MAX = 2048;

/**
 * The primary's sums over all workers that ever lived. Counters and histograms only grow, whatever
 * happens to the worker that counted; gauges are those of living workers.
 */
export class MetricsTotals {
  readonly #series = new Map<MetricId, Map<string, Series>>();
  readonly #exemplars = new Map<string, Exemplar>();
  readonly #cells = new Map<number, (Cell | undefined)[]>();
  readonly #gauges = new Map<number, [MetricId, string][]>();

  /** Adds what worker process `source` reported. Unknown cells are ignored. */
  apply(source: number, report: MetricsReport): void {
    const cells = this.#cells.get(source) ?? [];
    this.#cells.set(source, cells);
    for (const [first, id, labels] of report.series) this.#open(source, cells, first, id, labels);
    for (let i = 0; i + 1 < report.deltas.length; i += 2) {
      const cell = cells[report.deltas[i] ?? -1];
      if (cell === undefined) continue;
      cell.series.cells[cell.offset] =
        (cell.series.cells[cell.offset] ?? 0) + (report.deltas[i + 1] ?? 0);
    }
    for (let i = 0; i + 1 < report.gauges.length; i += 2) {
      const cell = cells[report.gauges[i] ?? -1];
      if (cell !== undefined) cell.series.cells[0] = report.gauges[i + 1] ?? 0;
    }
    for (const exemplar of report.exemplars ?? []) {
      const edges = bucketsOf(METRICS.httpDuration);
      const bucket = edges.findIndex((edge) => exemplar.seconds <= edge);
      this.#exemplars.set(`${exemplar.route} ${bucket}`, exemplar);
    }
  }

  /** The last exemplar of each route and bucket. */
  exemplars(): Exemplar[] {
    return [...this.#exemplars.values()];
  }

  /** Forgets the gauges of a worker process that has ended; its counts stay. */
  forget(source: number): void {
    this.#cells.delete(source);
    for (const [id, key] of this.#gauges.get(source) ?? []) {
      const ofMetric = this.#series.get(id);
      if (ofMetric?.get(key)?.source === source) ofMetric.delete(key);
    }
    this.#gauges.delete(source);
  }

  /** Adds to a counter of the primary's own. */
  add(id: MetricId, labels: readonly string[], amount: number): void {
    const series = this.#seriesOf(id, labels);
    series.cells[0] = (series.cells[0] ?? 0) + amount;
  }

  /** Sets a gauge of the primary's own. */
  set(id: MetricId, labels: readonly string[], value: number): void {
    this.#seriesOf(id, labels).cells[0] = value;
  }

  list(id: MetricId): Iterable<Series> {
    return this.#series.get(id)?.values() ?? [];
  }

  /** Sum of a counter's series whose labels satisfy `matches`. */
  sum(id: MetricId, matches: (labels: readonly string[]) => boolean = () => true): number {
    let sum = 0;
    for (const series of this.list(id)) if (matches(series.labels)) sum += series.cells[0] ?? 0;
    return sum;
  }

  #open(
    source: number,
    cells: (Cell | undefined)[],
    first: number,
    id: MetricId,
    labels: readonly string[],
  ): void {
    const definition: MetricDefinition = METRICS[id];
    const series = this.#seriesOf(id, labels);
    for (let i = 0; i < cellsOf(definition); i += 1) cells[first + i] = { series, offset: i };
    if (definition.kind !== 'gauge') return;
    series.source = source;
    const gauges = this.#gauges.get(source) ?? [];
    this.#gauges.set(source, gauges);
    gauges.push([id, keyOf(labels)]);
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
      const cells = new Float64Array(cellsOf(METRICS[id]));
      series = { labels: bounded, cells, source: undefined };
      ofMetric.set(key, series);
    }
    return series;
  }
}

function keyOf(labels: readonly string[]): string {
  return labels.join('\n');
}
