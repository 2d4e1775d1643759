import { describe, expect, it } from 'vitest';
import type { Outcome } from './outcomes.js';
import { Recorder } from './recorder.js';
import { SampleBuffer } from './sample-batch.js';

type Row = readonly [
  intended: number,
  late: number,
  latency: number,
  service: number,
  end: Outcome,
];

function record(warmUpMs: number, durationMs: number, rows: readonly Row[]): Recorder {
  const recorder = new Recorder(warmUpMs, durationMs);
  const samples = new SampleBuffer((batch) => recorder.add(batch));
  for (const row of rows) samples.add(...row);
  samples.send();
  return recorder;
}

describe('the recorder', () => {
  it('keeps the warm-up apart by the intended time, whenever the answer came', () => {
    const recorder = record(1_000, 2_000, [
      [999, 0, 500, 500, 'ok'],
      [500, 0, 1, 1, 'reset'],
      [1_000, 0, 2, 2, 'ok'],
    ]);
    expect(recorder.warmUp).toEqual({ requests: 2, errors: 1 });
    expect([recorder.requests, recorder.errors, recorder.latency.max]).toEqual([1, 0, 2]);
  });

  it('counts time-outs as latency, and fast failures not', () => {
    const recorder = record(0, 1_000, [
      [0, 0, 10_000, NaN, 'timeout'],
      [1, 0, 0.1, NaN, 'connect'],
      [2, 0, 0.2, 0.2, 'status_503'],
      [3, 0, 5, 5, 'refused'],
    ]);
    expect([recorder.latency.count, recorder.service.count, recorder.errors]).toEqual([2, 1, 3]);
    expect(recorder.latency.max).toBe(10_000);
  });

  it('counts late sends by 1 ms and by 10 ms, and keeps the worst', () => {
    const recorder = record(0, 1_000, [
      [0, 0.9, 1, 1, 'ok'],
      [1, 1.1, 1, 1, 'ok'],
      [2, 40, 41, 1, 'ok'],
    ]);
    expect(recorder.lateSends()).toMatchObject({ over1Ms: 2, over10Ms: 1, worstMs: 40 });
  });

  it('puts requests into the slot they were due in, sends and answers where they happened', () => {
    const [first, second] = record(0, 2_000, [
      [100, 0, 1_200, 300, 'ok'],
      [1_500, 0, 4, 4, 'status_5xx'],
    ]).timeline();
    expect(first).toMatchObject({ second: 0, intendedRate: 1, sentRate: 0, answeredRate: 0 });
    expect(first?.max).toBe(1_200);
    expect(second).toMatchObject({ second: 1, intendedRate: 1, sentRate: 2, answeredRate: 1 });
    expect(second).toMatchObject({ errors: 1, max: NaN });
  });

  it('keeps the timeline of a day within bounds', () => {
    const timeline = record(0, 86_400_000, []).timeline();
    expect(timeline.length).toBeLessThanOrEqual(900);
    expect(timeline.at(-1)?.second).toBeLessThan(86_400);
  });
});
