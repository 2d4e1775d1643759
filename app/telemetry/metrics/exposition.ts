import { Counter, Gauge, Registry, collectDefaultMetrics, type Metric } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricId } from './catalogue.js';
import { bucketsOf } from './recorder.js';
import type { MetricsTotals, Series } from './totals.js';

const LOOP_PRECISION_MS = 100;

type Labels = Record<string, string>;

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/**
 * A prom-client registry over the primary's totals, and the primary's own process metrics under
 * `regno_primary_`. It reads memory only: a scrape waits for no worker.
 */
export function createMetricsRegistry(totals: MetricsTotals): Registry {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    prefix: 'regno_primary_',
    // The primary serves nobody: its default of 10 ms would only wake it a hundred times a second.
    eventLoopMonitoringPrecision: LOOP_PRECISION_MS,
  });
  for (const id of Object.keys(METRICS) as MetricId[]) register(registry, totals, id);
  return registry;
}

function register(registry: Registry, totals: MetricsTotals, id: MetricId): void {
  const definition: MetricDefinition = METRICS[id];
  const { name, help } = definition;
  const options = { name, help, labelNames: [...definition.labels], registers: [registry] };
  switch (definition.kind) {
    case 'counter':
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const series of totals.list(id)) {
            this.inc(labelsOf(definition, series), series.values[0] ?? 0);
          }
        },
      });
      return;
    case 'gauge':
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const series of totals.list(id)) {
            this.set(labelsOf(definition, series), series.values[0] ?? 0);
          }
          // A gauge without labels would be 0, which may be the bad value, where nothing is known.
          if (definition.labels.length === 0 && [...totals.list(id)].length === 0) this.remove();
        },
      });
      return;
    case 'histogram':
      // The declared parameter is prom-client's union of classes; see TotalsHistogram.
      registry.registerMetric(
        new TotalsHistogram(definition, () => totals.list(id)) as unknown as Metric,
      );
  }
}

/**
 * A histogram whose buckets were counted elsewhere. prom-client's own can only observe single
 * values; a registry asks nothing of a metric but its name and `get()`.
 */
class TotalsHistogram {
  readonly name: string;

  constructor(
    readonly definition: MetricDefinition,
    readonly list: () => Iterable<Series>,
  ) {
    this.name = definition.name;
  }

  get(): Promise<{ name: string; help: string; type: 'histogram'; values: Sample[] }> {
    const { name, help } = this.definition;
    const values = [...this.list()].flatMap((series) => this.#values(series));
    return Promise.resolve({ name, help, type: 'histogram', values });
  }

  #values(series: Series): Sample[] {
    const { name } = this.definition;
    const edges = bucketsOf(this.definition);
    const labels = labelsOf(this.definition, series);
    const values: Sample[] = [];
    let count = 0;
    for (const [i, edge] of [...edges, '+Inf' as const].entries()) {
      count += series.values[i] ?? 0;
      values.push({ metricName: `${name}_bucket`, labels: { le: edge, ...labels }, value: count });
    }
    const sum = series.values[edges.length + 1] ?? 0;
    values.push({ metricName: `${name}_sum`, labels, value: sum });
    values.push({ metricName: `${name}_count`, labels, value: count });
    return values;
  }
}

function labelsOf(definition: MetricDefinition, series: Series): Labels {
  const labels: Labels = {};
  for (const [i, name] of definition.labels.entries()) labels[name] = series.labels[i] ?? '';
  return labels;
}
