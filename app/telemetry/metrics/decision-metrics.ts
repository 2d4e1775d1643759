import type { DecisionMetrics, Stage } from '../../serving/ports.js';
import type { MetricsRecorder } from './recorder.js';

/** Upper edges of the bands in which decisions are counted. */
const BANDS = [
  [0.1, '0.0-0.1'],
  [0.5, '0.1-0.5'],
  [0.9, '0.5-0.9'],
  [Infinity, '0.9-1.0'],
] as const;

/** Counts the decision path into a recorder; every series is made once, ahead of the traffic. */
export function createDecisionMetrics(recorder: MetricsRecorder): DecisionMetrics {
  const stages = {
    parse: recorder.histogram('stageDuration', 'parse'),
    cache: recorder.histogram('stageDuration', 'cache'),
    queue: recorder.histogram('stageDuration', 'queue'),
    features: recorder.histogram('stageDuration', 'features'),
    inference: recorder.histogram('stageDuration', 'inference'),
  } satisfies Record<Stage, unknown>;
  const batchSize = recorder.histogram('batchSize');
  const memoryHit = recorder.counter('cacheRequests', 'memory', 'hit');
  const memoryMiss = recorder.counter('cacheRequests', 'memory', 'miss');
  const coalesced = recorder.counter('cacheCoalesced');
  const bands = BANDS.map(([edge, name]) => ({
    edge,
    counter: recorder.counter('decisions', name),
  }));
  const errors = {
    inference: recorder.counter('internalErrors', 'inference'),
    unexpected: recorder.counter('internalErrors', 'unexpected'),
  };
  return {
    stage: (stage, seconds) => stages[stage].observe(seconds),
    batch: (rows) => batchSize.observe(rows),
    memoryLookUp: (hit) => (hit ? memoryHit : memoryMiss).inc(),
    coalesced: () => coalesced.inc(),
    decided: (positive) => bands.find(({ edge }) => positive < edge)?.counter.inc(),
    internalError: (kind) => errors[kind].inc(),
  };
}
