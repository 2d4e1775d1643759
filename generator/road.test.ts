import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { DAY_PEAK, dayFactor, hourAt, roadSchedule, type RoadOptions } from './road.js';

const DAY: RoadOptions = { ratePerSecond: 100, dayMs: 60_000, startHour: 0, burstsPerMinute: 0 };

function times(options: RoadOptions, threads: number, seed: number, totalMs: number): number[] {
  const schedule = roadSchedule(options, threads, new Random(seed), totalMs);
  const all: number[] = [];
  for (let at = schedule.next(); at !== Infinity; at = schedule.next()) all.push(at);
  return all;
}

describe('the day curve', () => {
  it('is 1 on average and stays below its peak', () => {
    let sum = 0;
    for (let minute = 0; minute < 1_440; minute += 1) {
      const factor = dayFactor(minute / 60);
      expect(factor).toBeGreaterThan(0);
      expect(factor).toBeLessThan(DAY_PEAK);
      sum += factor;
    }
    expect(sum / 1_440).toBeCloseTo(1, 3);
  });

  it('has its rush hours about 8 and 18, and little traffic at night', () => {
    expect(dayFactor(8)).toBeGreaterThan(1.8);
    expect(dayFactor(18)).toBeGreaterThan(1.8);
    expect(dayFactor(3)).toBeLessThan(0.25);
    expect(dayFactor(12)).toBeLessThan(dayFactor(8));
  });

  it('goes around with the time', () => {
    expect(hourAt({ dayMs: 24_000, startHour: 23 }, 2_000)).toBeCloseTo(1, 9);
  });
});

describe('arrivals on the road', () => {
  it('come at the mean rate over a day, in order, most of them by day', () => {
    const arrivals = times(DAY, 1, 1, 60_000);
    expect(arrivals.length / 60).toBeGreaterThan(95);
    expect(arrivals.length / 60).toBeLessThan(105);
    expect(arrivals.every((at, i) => i === 0 || at >= (arrivals[i - 1] ?? 0))).toBe(true);
    const night = arrivals.filter((at) => hourAt(DAY, at) < 5).length;
    expect(night / arrivals.length).toBeLessThan(0.06);
  });

  it('are random: their gaps are spread as widely as they are long', () => {
    const flat = { ...DAY, dayMs: 1e9, startHour: 12 };
    const arrivals = times(flat, 1, 2, 60_000);
    const gaps = arrivals.slice(1).map((at, i) => at - (arrivals[i] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  });

  it('are shared out among threads', () => {
    const shares = [0, 1, 2].map((thread) => times(DAY, 3, 10 + thread, 60_000).length);
    for (const share of shares) expect(share / 2_000).toBeCloseTo(1, 0.9);
  });

  it('grow during bursts', () => {
    const calm = times(DAY, 1, 4, 60_000).length;
    const rough = times({ ...DAY, burstsPerMinute: 10 }, 1, 4, 60_000).length;
    expect(rough).toBeGreaterThan(calm * 1.2);
  });

  it('are the same for the same seed', () => {
    const options = { ...DAY, burstsPerMinute: 5 };
    expect(times(options, 1, 5, 10_000)).toEqual(times(options, 1, 5, 10_000));
  });
});
