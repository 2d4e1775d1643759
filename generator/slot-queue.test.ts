import { describe, expect, it } from 'vitest';
import { SlotQueue } from './slot-queue.js';

describe('the client queue', () => {
  it('gives back in order what went in, while it grows and wraps around', () => {
    const queue = new SlotQueue(10_000);
    let pushed = 0;
    let taken = 0;
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 100; i += 1) expect(queue.push(pushed++, 0.5)).toBe(true);
      for (let i = 0; i < 60; i += 1) {
        expect([queue.headIntendedMs, queue.headLatenessMs]).toEqual([taken++, 0.5]);
        queue.drop();
      }
    }
    expect(queue.length).toBe(pushed - taken);
  });

  it('refuses more than its limit and keeps what it has', () => {
    const queue = new SlotQueue(2);
    expect([queue.push(1, 0), queue.push(2, 0), queue.push(3, 0)]).toEqual([true, true, false]);
    expect([queue.length, queue.headIntendedMs]).toEqual([2, 1]);
  });

  it('has no head when it is empty', () => {
    const queue = new SlotQueue(2);
    queue.drop();
    expect([queue.length, queue.headIntendedMs, queue.headLatenessMs]).toEqual([0, NaN, NaN]);
  });
});
