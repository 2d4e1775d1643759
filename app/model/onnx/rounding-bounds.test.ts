import { describe, expect, it } from 'vitest';
import { logOddsBound, roundedBound } from './rounding-bounds.js';

const BORDERS = [0.5, 0.25, 1 / 3, 0.9999, 1e-7, 1 - 2 ** -24, 2 ** -30].map(Math.fround);

/** The next f64 upwards. */
function after(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value < 0 ? -1n : 1n));
  return value === 0 ? Number.MIN_VALUE : view.getFloat64(0);
}

describe('a border moved to where rounding to f32 would cross it', () => {
  it.each(BORDERS)('is the last f64 that does not round above %d', (border) => {
    const bound = roundedBound(border);
    expect(Math.fround(bound) > border).toBe(false);
    expect(Math.fround(after(bound)) > border).toBe(true);
  });

  it('is at zero for zero, up to half of the least f32', () => {
    expect(roundedBound(0)).toBe(2 ** -150);
  });
});

describe('a border on a probability moved to the log-odds', () => {
  const probability = (d: number): number =>
    d >= 0 ? 1 / (1 + Math.exp(-d)) : Math.exp(d) / (Math.exp(d) + 1);

  it.each(BORDERS)('is the last difference whose rounded probability is not above %d', (border) => {
    const bound = logOddsBound(border);
    expect(Math.fround(probability(bound)) > border).toBe(false);
    // One step of f64 may not change the probability's last bit; a millionth of a millionth does.
    expect(Math.fround(probability(bound + Math.abs(bound) * 1e-12 + 1e-12)) > border).toBe(true);
  });

  it.each([
    [1, Infinity],
    [2, Infinity],
    [-0.1, -Infinity],
  ])('is out of reach for a border of %d', (border, bound) => {
    expect(logOddsBound(border)).toBe(bound);
  });

  it('is finite for a border of 0, which a vanishing probability does not pass', () => {
    expect(logOddsBound(0)).toBeLessThan(-100);
    expect(logOddsBound(0)).toBeGreaterThan(-110);
  });
});
