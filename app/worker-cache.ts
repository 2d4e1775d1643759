import type { RedisCache } from './cache/redis-cache.js';
import type { PrimaryLink } from './cluster/primary-link.js';
import type { Config } from './config/load-config.js';
import { parseRedisUrl } from './config/redis-url.js';
import type { WorkerHealth } from './serving/worker-health.js';
import type { MetricsRecorder } from './telemetry/metrics/recorder.js';
import { createRedisMetrics } from './telemetry/metrics/redis-metrics.js';

export interface WorkerCacheParts {
  readonly recorder: MetricsRecorder;
  readonly slot: string;
  readonly health: WorkerHealth;
  readonly link: PrimaryLink;
}

/** Starts to connect to Redis, where the service has one; its client is not loaded otherwise. */
export async function connectCache(
  { redisUrl, redisTimeoutMs, cacheTtlSeconds }: Config,
  { recorder, slot, health, link }: WorkerCacheParts,
): Promise<RedisCache | undefined> {
  if (redisUrl === undefined) return undefined;
  const { RedisCache } = await import('./cache/redis-cache.js');
  health.reportRedis(false);
  const cache = new RedisCache({
    address: parseRedisUrl(redisUrl),
    timeoutMs: redisTimeoutMs,
    ttlSeconds: cacheTtlSeconds,
    ...createRedisMetrics(recorder, slot, (failure) => {
      health.reportRedis(failure === undefined);
      link.send({ kind: 'redis', failure });
    }),
  });
  cache.start();
  return cache;
}
