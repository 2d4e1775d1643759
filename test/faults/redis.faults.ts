import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { lacks } from '../testing/lacks.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { startService, type Service } from '../testing/start-service.js';
import { P99_MS_MAX } from './settings.js';
import { SlowProxy } from './slow-proxy.js';
import { witness, type Witnessed } from './witness.js';

/** Far above the deadline of a look-up. */
const SLOW_MS = 50;

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(lacks('redis-server'))('while Redis', () => {
  it('is frozen, no request fails or waits, and it is used again when it thaws', async () => {
    const { redis, service } = await start();
    const seen = await witness('Redis frozen (SIGSTOP)', service, () => redis.freeze());
    expectUndisturbed(seen);
    await expectFelt(service, ['timeout', 'error', 'skipped']);
    redis.thaw();
    await isBack(service);
  });

  it('is gone, no request fails or waits, and it is used again when it is back', async () => {
    const { redis, service } = await start();
    const seen = await witness('Redis killed (SIGKILL)', service, () => redis.kill());
    expectUndisturbed(seen);
    await expectFelt(service, ['error', 'skipped']);
    await redis.restart();
    await isBack(service);
  });

  it('is slow, no request fails or waits, and it is used again when it is fast', async () => {
    const redis = await startedRedis();
    const proxy = await SlowProxy.start(redis.port);
    ends.push(() => proxy.stop());
    const service = await startedService(`redis://127.0.0.1:${proxy.port}`);
    const seen = await witness(`Redis slow (${SLOW_MS} ms)`, service, () => {
      proxy.delayMs = SLOW_MS;
    });
    expectUndisturbed(seen);
    await expectFelt(service, ['timeout', 'skipped']);
    proxy.delayMs = 0;
    await isBack(service);
  });
});

async function start(): Promise<{ redis: TestRedis; service: Service }> {
  const redis = await startedRedis();
  return { redis, service: await startedService(redis.url) };
}

async function startedRedis(): Promise<TestRedis> {
  const redis = await startRedis();
  ends.push(() => redis.stop());
  return redis;
}

async function startedService(redisUrl: string): Promise<Service> {
  const service = await startService({ env: { REDIS_URL: redisUrl } });
  ends.push(() => service.stop());
  await isBack(service);
  return service;
}

function expectUndisturbed(seen: Witnessed): void {
  expect(seen.errors).toBe(0);
  expect(seen.p99Ms).toBeLessThanOrEqual(P99_MS_MAX);
}

/** The fault has reached the service: without this, a test of it would show nothing. */
async function expectFelt(service: Service, results: readonly string[]): Promise<void> {
  const samples = await scrape(service.url);
  const felt = results.map((result) =>
    sumOf(samples, 'regno_cache_requests_total', { level: 'redis', result }),
  );
  expect(felt.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
}

/** Both workers say that they can use Redis. */
async function isBack(service: Service): Promise<void> {
  await eventually('Redis in use', async () => {
    // A breaker that is open is closed by a request that tries.
    await fetch(`${service.url}/health/ready`);
    const up = sumOf(await scrape(service.url), 'regno_dependency_up', { dependency: 'redis' });
    return up === 2 ? true : undefined;
  });
}
