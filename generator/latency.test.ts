import { describe, expect, it } from 'vitest';
import { Latency } from './latency.js';
import { Random } from './random.js';

describe('latencies', () => {
  it('give percentiles within 0.1 % of the sorted values', () => {
    const random = new Random(7);
    const values = Array.from({ length: 20_000 }, () => random.exponential(10) + 0.05);
    const latency = new Latency();
    for (const value of values) latency.record(value);
    values.sort((a, b) => a - b);
    for (const { percentile, ms } of latency.summary().percentiles) {
      const exact = values[Math.ceil((percentile / 100) * values.length) - 1] ?? NaN;
      expect(Math.abs(ms - exact) / exact).toBeLessThan(0.001 + 0.0005 / exact);
    }
    expect(latency.max).toBe(values.at(-1));
    expect(latency.summary().min).toBe(values[0]);
  });

  it('of several threads add up to those of one', () => {
    const random = new Random(8);
    const whole = new Latency();
    const parts = [new Latency(), new Latency(), new Latency()];
    for (let i = 0; i < 9_000; i += 1) {
      // Threads that see different worlds: averages of their percentiles would be wrong.
      const value = random.exponential(1 + (i % 3) * 20);
      whole.record(value);
      parts[i % 3]?.record(value);
    }
    const merged = new Latency();
    for (const part of parts) merged.add(part);
    const { mean, ...figures } = merged.summary();
    const { mean: wholeMean, ...wholeFigures } = whole.summary();
    expect(figures).toEqual(wholeFigures);
    expect(mean).toBeCloseTo(wholeMean, 9);
  });

  it('take values far beyond the size they start with', () => {
    const latency = new Latency();
    latency.record(3_600_000);
    expect(latency.percentile(100)).toBe(3_600_000);
  });

  it('are unknown where nothing was recorded', () => {
    const latency = new Latency();
    expect([latency.max, latency.percentile(99), latency.summary().mean]).toEqual([NaN, NaN, NaN]);
    expect(latency.distribution()).toEqual([{ percentile: 0, ms: NaN }]);
  });

  it('spread a plot over as many nines as were counted', () => {
    const latency = new Latency();
    for (let i = 1; i <= 10_000; i += 1) latency.record(i / 100);
    const points = latency.distribution();
    expect(points.at(-1)).toEqual({ percentile: 100, ms: 100 });
    expect(points.at(-2)?.percentile).toBeCloseTo(99.99, 9);
    expect(points.every((point, i) => i === 0 || point.ms >= (points[i - 1]?.ms ?? 0))).toBe(true);
  });
});
