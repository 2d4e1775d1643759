import { describe, expect, it } from 'vitest';
import { METRICS } from './catalogue.js';
import { createMetricsRegistry } from './exposition.js';
import { MetricsRecorder } from './recorder.js';
import { MetricsTotals } from './totals.js';

function open(totals: MetricsTotals, source: number): MetricsRecorder {
  const recorder = new MetricsRecorder();
  totals.open(source, () => recorder.values());
  return recorder;
}

function report(totals: MetricsTotals, source: number, recorder: MetricsRecorder): void {
  const names = recorder.drainNewSeries(true);
  // What crosses the process boundary is JSON.
  if (names !== undefined) totals.name(source, JSON.parse(JSON.stringify(names)) as typeof names);
  totals.refresh();
}

async function lines(totals: MetricsTotals, name: string): Promise<string[]> {
  const text = await createMetricsRegistry(totals).metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics over a cluster', () => {
  it('have no value for a gauge without labels before it is set, and counters that start at 0', async () => {
    const totals = new MetricsTotals();
    expect(await lines(totals, 'regno_registry_up')).toEqual([]);
    expect(await lines(totals, 'regno_cache_coalesced_total')).toEqual([
      'regno_cache_coalesced_total 0',
    ]);
    totals.set('registryUp', [], 0);
    expect(await lines(totals, 'regno_registry_up')).toEqual(['regno_registry_up 0']);
  });

  it('sums counters over workers and keeps them when a worker dies', async () => {
    const totals = new MetricsTotals();
    const [first, second] = [open(totals, 101), open(totals, 102)];
    first.counter('decisions', '0.0-0.1').inc(3);
    second.counter('decisions', '0.0-0.1').inc(4);
    report(totals, 101, first);
    report(totals, 102, second);
    first.counter('decisions', '0.0-0.1').inc();
    totals.close(101);
    const replacement = open(totals, 103);
    replacement.counter('decisions', '0.0-0.1').inc();
    report(totals, 103, replacement);
    expect(await lines(totals, 'regno_decisions_total')).toEqual([
      'regno_decisions_total{band="0.0-0.1"} 9',
    ]);
  });

  it('shows no fall, not by a rounding, while nothing grows', () => {
    const totals = new MetricsTotals();
    const workers = [1, 2, 3].map((source) => {
      const recorder = open(totals, source);
      recorder.counter('cpuSeconds', '1').inc(source / 7);
      report(totals, source, recorder);
      return recorder;
    });
    for (let i = 1; i < 1000; i += 1) {
      const before = totals.sum('cpuSeconds');
      if (i % 10 === 0) workers[i % 3]?.counter('cpuSeconds', '1').inc(1 / i);
      totals.refresh();
      expect(totals.sum('cpuSeconds')).toBeGreaterThanOrEqual(before);
    }
  });

  it('keeps a total whatever a value holds', () => {
    const totals = new MetricsTotals();
    const values = Float64Array.of(5);
    totals.open(1, () => values);
    totals.name(1, { series: [[0, 'cacheCoalesced', []]] });
    for (const value of [5, 4, Infinity, NaN, 6]) {
      values[0] = value;
      totals.refresh();
    }
    expect(totals.sum('cacheCoalesced')).toBe(6);
  });

  it('names each value once, and exemplars when asked', () => {
    const recorder = new MetricsRecorder();
    const exemplar = { route: '/reg/', seconds: 0.002, traceId: 'f'.repeat(32), at: 1 };
    recorder.counter('cacheCoalesced').inc(2);
    recorder.exemplar({ ...exemplar, seconds: 0.0021 });
    recorder.exemplar(exemplar);
    expect(recorder.drainNewSeries(false)).toEqual({ series: [[0, 'cacheCoalesced', []]] });
    expect(recorder.drainNewSeries(false)).toBeUndefined();
    expect(recorder.drainNewSeries(true)).toEqual({ series: [], exemplars: [exemplar] });
    recorder.counter('cacheCoalesced').inc();
    expect(recorder.drainNewSeries(true)).toBeUndefined();
    expect([...recorder.values()]).toEqual([3]);
  });

  it('counts what a value held before it had a name', async () => {
    const totals = new MetricsTotals();
    const recorder = open(totals, 1);
    recorder.counter('cacheCoalesced').inc(2);
    totals.refresh();
    expect(await lines(totals, 'regno_cache_coalesced_total')).toEqual([
      'regno_cache_coalesced_total 0',
    ]);
    report(totals, 1, recorder);
    expect(await lines(totals, 'regno_cache_coalesced_total')).toEqual([
      'regno_cache_coalesced_total 2',
    ]);
  });

  it('shows histograms with cumulative buckets, sum and count', async () => {
    const totals = new MetricsTotals();
    const recorder = open(totals, 1);
    const histogram = recorder.histogram('batchSize');
    for (const rows of [1, 2, 3, 1000]) histogram.observe(rows);
    report(totals, 1, recorder);
    expect(await lines(totals, 'regno_batch_size_rows')).toEqual([
      'regno_batch_size_rows_bucket{le="1"} 1',
      'regno_batch_size_rows_bucket{le="2"} 2',
      'regno_batch_size_rows_bucket{le="4"} 3',
      'regno_batch_size_rows_bucket{le="8"} 3',
      'regno_batch_size_rows_bucket{le="16"} 3',
      'regno_batch_size_rows_bucket{le="32"} 3',
      'regno_batch_size_rows_bucket{le="64"} 3',
      'regno_batch_size_rows_bucket{le="128"} 3',
      'regno_batch_size_rows_bucket{le="256"} 3',
      'regno_batch_size_rows_bucket{le="+Inf"} 4',
      'regno_batch_size_rows_sum 1006',
      'regno_batch_size_rows_count 4',
    ]);
  });

  it('forgets the gauges of a dead worker, and reports a gauge of 0', async () => {
    const totals = new MetricsTotals();
    const recorder = open(totals, 7);
    recorder.gauge('queueLength', '1').set(0);
    report(totals, 7, recorder);
    expect(await lines(totals, 'regno_queue_length')).toEqual(['regno_queue_length{worker="1"} 0']);
    totals.close(7);
    expect(await lines(totals, 'regno_queue_length')).toEqual([]);
  });

  it.each([
    { ends: 'old', source: 1, left: 2 },
    { ends: 'new', source: 2, left: 1 },
  ])('keeps a gauge of a slot when its $ends worker ends', async ({ source, left }) => {
    const totals = new MetricsTotals();
    for (const worker of [1, 2]) {
      const recorder = open(totals, worker);
      recorder.gauge('queueLength', '1').set(worker);
      report(totals, worker, recorder);
    }
    expect(await lines(totals, 'regno_queue_length')).toEqual(['regno_queue_length{worker="1"} 2']);
    totals.close(source);
    expect(await lines(totals, 'regno_queue_length')).toEqual([
      `regno_queue_length{worker="1"} ${left}`,
    ]);
  });

  it('bounds the label sets of a metric', async () => {
    const totals = new MetricsTotals();
    const recorder = open(totals, 1);
    for (let i = 0; i < 2000; i += 1) recorder.counter('invalidFields', `field-${i}`).inc();
    report(totals, 1, recorder);
    const shown = await lines(totals, 'regno_invalid_fields_total');
    expect(shown.length).toBeLessThanOrEqual(513);
    expect(shown).toContain('regno_invalid_fields_total{field="other"} 1488');
  });

  it('refuses labels that the catalogue does not name', () => {
    const recorder = new MetricsRecorder();
    expect(() => recorder.counter('decisions')).toThrow('regno_decisions_total is a counter');
    expect(() => recorder.gauge('decisions', 'x')).toThrow(TypeError);
  });

  it('names metrics as Prometheus asks: units last, counters in _total', () => {
    for (const metric of Object.values(METRICS)) {
      expect(metric.name).toMatch(/^regno_[a-z0-9_]+$/);
      expect(metric.name.endsWith('_total')).toBe(metric.kind === 'counter');
      expect(metric.help.length).toBeGreaterThan(1);
    }
  });
});
