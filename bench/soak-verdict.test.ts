import { describe, expect, it } from 'vitest';
import { judgeSoak, type SoakSample, type SoakSlot } from './soak-verdict.js';

const SECONDS = 600;
const MIB = 2 ** 20;

describe('the verdict of a soak', () => {
  it('holds where memory swings about a level, files stay and latency stays', () => {
    expect(
      missed(
        samplesOf(swing),
        slotsOf(() => 2),
      ),
    ).toEqual([]);
  });

  it('misses memory that grows, and says how much', () => {
    const growing = samplesOf((second) => ({ rss: swing(second).rss + second * 0.1 * MIB }));
    expect(
      missed(
        growing,
        slotsOf(() => 2),
      ),
    ).toEqual([
      expect.stringMatching(/RSS 1\d\d\.\d MiB at most in the first half, 1\d\d\.\d in the second/),
    ]);
  });

  it('does not take growth within the warm-up for a leak', () => {
    const warming = samplesOf((second) => ({ rss: (100 + Math.min(second, 120)) * MIB }));
    expect(
      missed(
        warming,
        slotsOf(() => 2),
      ),
    ).toEqual([]);
  });

  it('misses files that stay open', () => {
    const leaking = samplesOf((second) => ({ rss: 100 * MIB, files: 30 + second / 10 }));
    expect(
      missed(
        leaking,
        slotsOf(() => 2),
      ),
    ).toEqual([expect.stringContaining('open files')]);
  });

  it.each([
    [2.4, []],
    [2.6, [expect.stringContaining('p99 2.00 ms in the second slot, 2.60 ms in the last')]],
    [Number.NaN, [expect.stringContaining('NaN ms in the last')]],
  ])('judges a last p99 of %d ms after 2 ms', (last, expected) => {
    expect(
      missed(
        samplesOf(swing),
        slotsOf((slot) => (slot === 9 ? last : 2)),
      ),
    ).toEqual(expected);
  });

  it('misses failed requests and workers that were replaced', () => {
    const replaced = samplesOf(swing).map((sample) =>
      sample.second > 300 && sample.pid === 2 ? { ...sample, pid: 3 } : sample,
    );
    const failing = slotsOf(() => 2).map((slot) => ({ ...slot, errors: 1 }));
    expect(missed(replaced, failing)).toEqual([
      '10 requests failed',
      '2 workers at the start, 1 started later',
    ]);
  });
});

function missed(samples: readonly SoakSample[], slots: readonly SoakSlot[]): string[] {
  return judgeSoak(samples, slots, SECONDS)
    .filter((check) => !check.held)
    .map((check) => check.sentence);
}

function swing(second: number): { rss: number; files?: number } {
  return { rss: (120 + 10 * Math.sin(second / 7)) * MIB };
}

function samplesOf(
  worker: (second: number) => { rss: number; files?: number },
): readonly SoakSample[] {
  return Array.from({ length: SECONDS }, (_, second) =>
    [1, 2].map((pid) => {
      // The second worker is a healthy one, whatever the first is.
      const { rss, files = 40 } = pid === 1 ? worker(second) : swing(second);
      return { second, pid, rssBytes: rss, pssBytes: rss, openFiles: files, loopDelayMs: 1 };
    }),
  ).flat();
}

function slotsOf(p99: (slot: number) => number): readonly SoakSlot[] {
  return Array.from({ length: 10 }, (_, slot) => ({
    second: slot * 60,
    requests: 30_000,
    errors: 0,
    p50Ms: 1,
    p99Ms: p99(slot),
    p999Ms: 10,
    maxMs: 20,
  }));
}
