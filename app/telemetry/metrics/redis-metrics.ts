import type { BreakerState } from '../../cache/circuit-breaker.js';
import type { LookUpResult, RedisCacheOptions, StoreResult } from '../../cache/redis-cache.js';
import type { RedisCommand, RedisFailure } from '../../cache/redis-failure.js';
import type { Counter, MetricsRecorder } from './recorder.js';

/** What a cache in Redis reports. */
export type RedisReports = Pick<
  RedisCacheOptions,
  'onLookUp' | 'onStore' | 'onFailure' | 'onState' | 'onBreaker'
>;

const LOOK_UPS: readonly LookUpResult[] = ['hit', 'miss', 'error', 'timeout', 'skipped'];
const STORES: readonly StoreResult[] = ['ok', 'error', 'skipped'];
const COMMANDS: readonly RedisCommand[] = ['connect', 'lookup', 'store'];
const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  'half-open': 1,
  open: 2,
};

/** Counts what happens to a worker's cache in Redis; `onState` is for what else depends on it. */
export function createRedisMetrics(
  recorder: MetricsRecorder,
  slot: string,
  onState: (failure: RedisFailure | undefined) => void,
): RedisReports {
  const stage = recorder.histogram('stageDuration', 'cache');
  const lookUps = new Map<LookUpResult, Counter>(
    LOOK_UPS.map((result) => [result, recorder.counter('cacheRequests', 'redis', result)]),
  );
  const stores = new Map<StoreResult, Counter>(
    STORES.map((result) => [result, recorder.counter('cacheStores', result)]),
  );
  const failing = ({ command, cause }: RedisFailure) =>
    recorder.gauge('dependencyFailing', 'redis', slot, command, cause);
  // Present from the start, so that an increase from nothing can be seen.
  for (const command of COMMANDS) {
    recorder.counter('cacheFailures', command, 'other');
    failing({ command, cause: 'other' }).set(0);
  }
  const breaker = recorder.gauge('cacheBreaker', slot);
  const up = recorder.gauge('dependencyUp', 'redis', slot);
  up.set(0);
  let last: RedisFailure | undefined;
  return {
    onLookUp: (result, seconds) => {
      lookUps.get(result)?.inc();
      if (result !== 'skipped') stage.observe(seconds);
    },
    onStore: (result) => stores.get(result)?.inc(),
    onFailure: ({ command, cause }) => recorder.counter('cacheFailures', command, cause).inc(),
    onState: (failure) => {
      if (last !== undefined) failing(last).set(0);
      if (failure !== undefined) failing(failure).set(1);
      last = failure;
      up.set(failure === undefined ? 1 : 0);
      onState(failure);
    },
    onBreaker: (state) => breaker.set(BREAKER_VALUES[state]),
  };
}
