import { describe, expect, it } from 'vitest';
import { RateWindow } from './rate-window.js';

describe('RateWindow', () => {
  it('takes so many in a second, and as many again a second after the first', () => {
    let now = 5;
    const window = new RateWindow(2, () => now);
    const taken = [5, 5.2, 5.9, 5.99, 6, 6.5, 6.9, 9].map((at) => {
      now = at;
      return window.takes();
    });
    expect(taken).toEqual([true, true, false, false, true, true, false, true]);
  });
});
