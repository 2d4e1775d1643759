import { describe, expect, it } from 'vitest';
import { METRICS } from './catalogue.js';
import { createMetricsRegistry } from './exposition.js';
import { MetricsRecorder } from './recorder.js';
import { MetricsTotals } from './totals.js';

function report(totals: MetricsTotals, source: number, recorder: MetricsRecorder): void {
  const taken = recorder.takeReport();
  // What crosses the process boundary is JSON.
  if (taken !== undefined) totals.apply(source, JSON.parse(JSON.stringify(taken)) as typeof taken);
}

async function lines(totals: MetricsTotals, name: string): Promise<string[]> {
  const text = await createMetricsRegistry(totals).metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics over a cluster', () => {
  it('sums counters over workers and keeps them when a worker dies', async () => {
    const totals = new MetricsTotals();
    const [first, second] = [new MetricsRecorder(), new MetricsRecorder()];
    first.counter('decisions', '0.0-0.1').inc(3);
    second.counter('decisions', '0.0-0.1').inc(4);
    report(totals, 101, first);
    report(totals, 102, second);
    totals.forget(101);
    const replacement = new MetricsRecorder();
    replacement.counter('decisions', '0.0-0.1').inc();
    report(totals, 103, replacement);
    expect(await lines(totals, 'regno_decisions_total')).toEqual([
      'regno_decisions_total{band="0.0-0.1"} 8',
    ]);
  });

  it('reports only what changed', () => {
    const recorder = new MetricsRecorder();
    const counter = recorder.counter('cacheCoalesced');
    counter.inc(2);
    expect(recorder.takeReport()).toEqual({
      series: [[0, 'cacheCoalesced', []]],
      deltas: [0, 2],
      gauges: [],
    });
    expect(recorder.takeReport()).toBeUndefined();
    counter.inc();
    expect(recorder.takeReport()).toEqual({ series: [], deltas: [0, 1], gauges: [] });
  });

  it('shows histograms with cumulative buckets, sum and count', async () => {
    const totals = new MetricsTotals();
    const recorder = new MetricsRecorder();
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
    const recorder = new MetricsRecorder();
    recorder.gauge('queueLength', '1').set(0);
    report(totals, 7, recorder);
    expect(await lines(totals, 'regno_queue_length')).toEqual(['regno_queue_length{worker="1"} 0']);
    totals.forget(7);
    expect(await lines(totals, 'regno_queue_length')).toEqual([]);
  });

  it('keeps the gauge of a new worker when the old one of its slot ends', async () => {
    const totals = new MetricsTotals();
    for (const source of [1, 2]) {
      const recorder = new MetricsRecorder();
      recorder.gauge('queueLength', '1').set(source);
      report(totals, source, recorder);
    }
    totals.forget(1);
    expect(await lines(totals, 'regno_queue_length')).toEqual(['regno_queue_length{worker="1"} 2']);
  });

  it('bounds the label sets of a metric', async () => {
    const totals = new MetricsTotals();
    const recorder = new MetricsRecorder();
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
