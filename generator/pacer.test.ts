import { describe, expect, it } from 'vitest';
import { Pacer, timerMs, type PacerClock } from './pacer.js';
import { constantSchedule, requestsIn } from './schedule.js';

/** A clock that moves only when the test says so; timers fire late by as much as the test says. */
class FakeClock implements PacerClock {
  timeMs = 0;
  overshootMs = 0.1;
  #waiting: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.timeMs;
  }

  afterMs(ms: number, callback: () => void): void {
    this.#waiting.push({ atMs: this.timeMs + ms + this.overshootMs, callback });
  }

  nextTurn(callback: () => void): void {
    this.#waiting.push({ atMs: this.timeMs + 0.02, callback });
  }

  /** Runs timers until none is left or the time is over. */
  run(untilMs: number): void {
    for (;;) {
      this.#waiting.sort((a, b) => a.atMs - b.atMs);
      const [next] = this.#waiting;
      if (next === undefined || next.atMs > untilMs) return;
      this.#waiting.shift();
      this.timeMs = Math.max(this.timeMs, next.atMs);
      next.callback();
    }
  }
}

interface Send {
  readonly intendedMs: number;
  readonly latenessMs: number;
  readonly atMs: number;
}

function pace(ratePerSecond: number, totalMs: number, spinMs: number, clock = new FakeClock()) {
  const sends: Send[] = [];
  const pacer = new Pacer({
    schedule: constantSchedule({ ratePerSecond, totalMs, thread: 0, threads: 1 }),
    clock,
    startMs: 5,
    spinMs,
    onDue: (intendedMs, latenessMs) => sends.push({ intendedMs, latenessMs, atMs: clock.timeMs }),
    onGroup: () => undefined,
  });
  pacer.start();
  return { sends, clock, pacer };
}

describe('a constant schedule', () => {
  it.each([1, 3, 500, 997, 5_000, 12_345.6])(
    'at %d/s spreads sends evenly in each second',
    (rate) => {
      const { sends, clock } = pace(rate, 4_000, 0.5);
      clock.run(5_000);
      expect(sends).toHaveLength(requestsIn(rate, 4_000));
      for (const [i, send] of sends.entries()) {
        expect(send.intendedMs).toBeCloseTo(5 + (i * 1_000) / rate, 6);
      }
      // Ten slices of a second differ by no more than the one send that falls on a border.
      for (let slice = 0; slice < 40; slice += 1) {
        const within = sends.filter(
          ({ intendedMs }) => Math.floor((intendedMs - 5) / 100 + 1e-9) === slice,
        );
        expect(Math.abs(within.length - rate / 10)).toBeLessThanOrEqual(1);
      }
    },
  );

  it('is shared out among threads without a gap or an overlap', () => {
    const times = [0, 1, 2].flatMap((thread) => {
      const schedule = constantSchedule({ ratePerSecond: 700, totalMs: 1_000, thread, threads: 3 });
      const own: number[] = [];
      for (let at = schedule.next(); at !== Infinity; at = schedule.next()) own.push(at);
      return own;
    });
    times.sort((a, b) => a - b);
    expect(times).toHaveLength(700);
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo((i * 1_000) / 700, 9);
  });
});

describe('the pacer', () => {
  it('is never early and at most the spin limit and a timer late, at 500/s', () => {
    const { sends, clock } = pace(500, 2_000, 0.5);
    clock.run(3_000);
    for (const { latenessMs } of sends) {
      expect(latenessMs).toBeGreaterThanOrEqual(0);
      expect(latenessMs).toBeLessThan(0.75);
    }
  });

  it('does not spin where several sends fall into one ms, and bunches no more than that ms', () => {
    const { sends, clock } = pace(5_000, 1_000, 0.5);
    clock.run(2_000);
    const bunches = new Map<number, number>();
    for (const { atMs } of sends) bunches.set(atMs, (bunches.get(atMs) ?? 0) + 1);
    expect(Math.max(...bunches.values())).toBeLessThanOrEqual(6);
    expect(bunches.size).toBeLessThan(1_100);
  });

  it('sends all that was missed while the loop was blocked, and reports how late it was', () => {
    const { sends, clock } = pace(100, 2_000, 0.5);
    clock.run(500);
    clock.timeMs = 1_000;
    clock.run(3_000);
    expect(sends).toHaveLength(200);
    const late = sends.filter(({ latenessMs }) => latenessMs > 10);
    expect(late.length).toBeGreaterThanOrEqual(48);
    expect(late.length).toBeLessThanOrEqual(50);
    expect(Math.max(...late.map(({ latenessMs }) => latenessMs))).toBeCloseTo(495, -1);
  });

  it('hands out a long backlog in groups, so that answers can be read between them', () => {
    const clock = new FakeClock();
    const { sends, pacer } = pace(100_000, 1_000, 0, clock);
    clock.timeMs = 1_000;
    pacer.poll(clock.timeMs);
    expect(sends).toHaveLength(256);
    clock.run(2_000);
    expect(sends).toHaveLength(100_000);
  });

  it('sends nothing more once it is stopped', () => {
    const { sends, clock, pacer } = pace(100, 2_000, 0.5);
    clock.run(1_000);
    const before = sends.length;
    pacer.stop();
    clock.run(3_000);
    pacer.poll(3_000);
    expect(sends).toHaveLength(before);
    expect(pacer.finished).toBe(true);
  });
});

describe('a sleep', () => {
  it.each([
    { waitMs: 1.9, spinMs: 0.5, ms: 2 },
    { waitMs: 1.4, spinMs: 0.5, ms: 1 },
    { waitMs: 0.2, spinMs: 0, ms: 1 },
    { waitMs: 7, spinMs: 0, ms: 7 },
    { waitMs: 1e9, spinMs: 0, ms: 1_000 },
  ])(
    'for $waitMs ms with $spinMs ms of spinning takes a timer of $ms ms',
    ({ waitMs, spinMs, ms }) => {
      expect(timerMs(waitMs, spinMs)).toBe(ms);
    },
  );
});
