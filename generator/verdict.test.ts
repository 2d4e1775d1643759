import { describe, expect, it } from 'vitest';
import { judge, type Judged, type Limits } from './verdict.js';

const GOOD: Judged = {
  requests: 30_000,
  errors: 0,
  p99Ms: 4,
  p999Ms: 15,
  lateSends: { over1Ms: 10, over10Ms: 0, worstMs: 3, p99Ms: 0.4 },
  unaccounted: 0,
  utilizationMax: 0.2,
  interrupted: false,
};
const LIMITS: Limits = { p99Ms: 5, p999Ms: 20, errorsMax: 0, lateShareMax: 0.01 };

describe('a verdict', () => {
  it('says what was kept', () => {
    expect(judge(GOOD, LIMITS)).toEqual({
      kind: 'passed',
      sentences: [
        'PASSED: 30,000 requests: no errors; p99 4.00 ms (limit 5 ms); p99.9 15.00 ms (limit 20 ms).',
      ],
    });
  });

  it.each([
    { what: { p99Ms: 5.01 }, says: 'FAILED: 30,000 requests: p99 5.01 ms (limit 5 ms).' },
    { what: { p999Ms: 21 }, says: 'FAILED: 30,000 requests: p99.9 21.00 ms (limit 20 ms).' },
    { what: { errors: 1 }, says: 'FAILED: 30,000 requests: 1 error (limit 0).' },
    { what: { p99Ms: NaN }, says: 'FAILED: 30,000 requests: p99 unknown, nothing was answered.' },
  ])('says what was missed: $says', ({ what, says }) => {
    expect(judge({ ...GOOD, ...what }, LIMITS)).toEqual({ kind: 'failed', sentences: [says] });
  });

  it('does not judge what has no limit', () => {
    const bad = { ...GOOD, errors: 100, p99Ms: 1_000, p999Ms: 2_000 };
    const none = { p99Ms: null, p999Ms: null, errorsMax: null, lateShareMax: 0.01 };
    expect(judge(bad, none).kind).toBe('passed');
  });

  it('owns up to its own part in a failure', () => {
    const lateSends = { ...GOOD.lateSends, over10Ms: 20 };
    const { sentences } = judge({ ...GOOD, lateSends, p999Ms: 50 }, LIMITS);
    expect(sentences[1]).toMatch(/20 sends were more than 10 ms late/);
  });

  it.each([
    {
      what: { lateSends: { over1Ms: 900, over10Ms: 301, worstMs: 80, p99Ms: 12 } },
      says: /could not send on time: 1\.0 % .* worst 80 ms/,
    },
    { what: { utilizationMax: 0.97 }, says: /saturated: a thread was busy 97 %/ },
    { what: { unaccounted: 3 }, says: /3 requests of the schedule are unaccounted for/ },
    { what: { interrupted: true, unaccounted: 3 }, says: /interrupted before its end\./ },
    { what: { requests: 0 }, says: /no request was measured/ },
  ])('is refused where the figures measure the generator: $says', ({ what, says }) => {
    const verdict = judge({ ...GOOD, ...what }, LIMITS);
    expect(verdict.kind).toBe('not-valid');
    expect(verdict.sentences[0]).toMatch(says);
  });
});
