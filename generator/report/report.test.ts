import { describe, expect, it } from 'vitest';
import type { ProveResult } from '../prove.js';
import { Recorder } from '../recorder.js';
import { SampleBuffer } from '../sample-batch.js';
import { htmlReport } from './html.js';
import { textReport } from './text.js';

function resultOf(change: Partial<ProveResult> = {}): ProveResult {
  const recorder = new Recorder(0, 3_000);
  const samples = new SampleBuffer((batch) => recorder.add(batch));
  for (let i = 0; i < 300; i += 1) samples.add(i * 10, 0.1, 1 + i / 100, 1 + i / 100, 'ok');
  samples.send();
  return {
    tool: 'regno-generator',
    mode: 'prove',
    version: '1.2.3',
    startedAt: '2026-01-02T03:04:05.000Z',
    machine: { cpu: 'CPU <x>', cores: 2, memoryGiB: 4, system: 'Linux', node: 'v24' },
    settings: {
      urls: ['http://a/?x=<script>alert(1)</script>'],
      keyCount: 1,
      rate: 100,
      durationSeconds: 3,
      warmUpSeconds: 0,
      timeoutSeconds: 10,
      connections: 64,
      threads: 1,
      seed: 1,
      data: 'made-up readings',
      repeatShare: 0,
      faultyShare: 0,
      checkShare: 0.01,
      limits: { p99Ms: 5, p999Ms: 20, errorsMax: 0, lateShareMax: 0.01 },
    },
    verdict: { kind: 'passed', sentences: ['PASSED: all is well.'] },
    requests: 300,
    errors: 0,
    outcomes: recorder.outcomes(),
    warmUp: recorder.warmUp,
    answeredPerSecond: 100,
    latency: recorder.latency.summary(),
    service: recorder.service.summary(),
    latencyDistribution: recorder.latency.distribution(),
    serviceDistribution: recorder.service.distribution(),
    lateSends: recorder.lateSends(),
    generator: { cpuMicrosPerRequest: 25, cores: 0.1, utilizationMax: 0.1, rssBytes: 1e8 },
    timeline: recorder.timeline(),
    ...change,
  };
}

const nothing = new Recorder(0, 3_000);
const NOTHING: Partial<ProveResult> = {
  latency: nothing.latency.summary(),
  service: nothing.service.summary(),
  latencyDistribution: nothing.latency.distribution(),
  serviceDistribution: nothing.service.distribution(),
  timeline: nothing.timeline(),
};

describe('the HTML report', () => {
  it('asks for nothing from elsewhere', () => {
    const page = htmlReport(resultOf());
    expect(page).not.toMatch(/(?:src|href)=|@import|url\(/);
    expect(page.match(/<svg /g)).toHaveLength(3);
  });

  it('shows texts as texts', () => {
    const page = htmlReport(resultOf());
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('CPU <x>');
  });

  it('draws every point of the timeline inside the picture', () => {
    const [, , rates = ''] = htmlReport(resultOf()).split('<svg ').slice(1);
    const steps = [...rates.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)];
    expect(steps).toHaveLength(9);
    for (const [, x, y] of steps) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(720);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(300);
    }
  });

  it('names each kind of error with its count and its meaning', () => {
    const outcomes = { ...resultOf().outcomes, timeout: 7 };
    const page = htmlReport(resultOf({ errors: 7, outcomes }));
    expect(page).toMatch(/>timeout<\/td><td>7</);
    expect(page).toContain('no answer within the time limit');
  });

  it('is drawn without a hitch where nothing was answered', () => {
    const page = htmlReport(resultOf(NOTHING));
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the text report', () => {
  it('ends with the verdict and says how latency is counted', () => {
    const text = textReport(resultOf());
    expect(text.trimEnd().endsWith('PASSED: all is well.')).toBe(true);
    expect(text).toContain('Latency counts from the intended send time');
    expect(text).toMatch(/p99 .*\n.*latency .*3\.9/);
  });

  it('names errors by kind', () => {
    const outcomes = { ...resultOf().outcomes, status_503: 3 };
    expect(textReport(resultOf({ errors: 3, outcomes }))).toContain('3 status_503: answered 503');
  });

  it('says so where nothing was answered', () => {
    expect(textReport(resultOf(NOTHING))).toContain('nothing was answered');
  });
});
