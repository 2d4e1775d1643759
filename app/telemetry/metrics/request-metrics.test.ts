import { describe, expect, it } from 'vitest';
import type { FinishedRequest } from '../../serving/finished-request.js';
import { MetricsRecorder } from './recorder.js';
import { RequestMetrics } from './request-metrics.js';
import { MetricsTotals } from './totals.js';

const ANSWERED: FinishedRequest = {
  requestId: 'r-1',
  route: '/reg/',
  method: 'POST',
  status: 200,
  startedAt: 1,
  seconds: 0.001,
  refusal: undefined,
  errorCode: undefined,
  faultyFields: undefined,
  answerSource: 'model',
  body: undefined,
  trace: undefined,
};

describe('RequestMetrics', () => {
  it('counts each request under its own labels, whatever the one before was', () => {
    const recorder = new MetricsRecorder();
    const totals = new MetricsTotals();
    totals.open(1, () => recorder.values());
    const metrics = new RequestMetrics(recorder);
    const requests: readonly Partial<FinishedRequest>[] = [
      {},
      {},
      { method: 'BREW' },
      { method: 'BREW' },
      {},
      { status: 400, refusal: 'bad_request', faultyFields: ['direction'] },
      { status: 'aborted' },
      { status: 500, refusal: 'internal' },
      { route: '/health/ready', method: 'GET' },
      {},
    ];
    for (const request of requests) {
      metrics.started();
      metrics.finished({ ...ANSWERED, ...request });
    }
    const names = recorder.drainNewSeries(false);
    if (names !== undefined) totals.name(1, names);
    totals.refresh();

    const counts = [...totals.list('httpRequests')].map(({ labels, values }) => [
      labels.join(' '),
      values[0],
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      '/reg/ POST 200': 4,
      '/reg/ other 200': 2,
      '/reg/ POST 400': 1,
      '/reg/ POST aborted': 1,
      '/reg/ POST 500': 1,
      '/reg/ POST 503': 0,
      '/health/ready GET 200': 1,
    });
    // Durations are of served requests only: not of refusals, nor where the client left.
    const durations = [...totals.list('httpDuration')].map(({ labels, values }) => [
      labels.join(' '),
      values.subarray(0, -1).reduce((sum, count) => sum + count, 0),
    ]);
    expect(Object.fromEntries(durations)).toEqual({ '/reg/': 7, '/health/ready': 1 });
    expect(totals.sum('refusals', ([reason]) => reason === 'bad_request')).toBe(1);
    expect(totals.sum('refusals', ([reason]) => reason === 'internal')).toBe(0);
    expect(metrics.inflight).toBe(0);
  });
});
