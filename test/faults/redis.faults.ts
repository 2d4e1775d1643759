import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { FakeRedis } from '../testing/fake-redis.js';
import { lacks } from '../testing/lacks.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { startService, type Service } from '../testing/start-service.js';
import { SlowProxy } from './slow-proxy.js';
import { expectUndisturbed, recover, witness } from './witness.js';

/** Far above the deadline of a look-up. */
const SLOW_MS = 50;
/** Far above what a worker needs, far below what the largest reply says that it is. */
const WORKER_BYTES_MAX = 250e6;

/** Begins the fault, or ends it. */
type Toggle = (admin: Redis, on: boolean) => Promise<unknown>;

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(lacks('redis-server'))('while Redis', () => {
  it('is frozen, no request fails or waits, and it is used again when it thaws', async () => {
    const { redis, service } = await start();
    const fault = 'Redis frozen (SIGSTOP)';
    const seen = await witness(fault, service, () => redis.freeze());
    expectUndisturbed(seen);
    await expectFelt(service, ['timeout', 'error', 'skipped']);
    redis.thaw();
    await recover(fault, (timeoutMs) => isBack(service, timeoutMs));
  });

  it('is gone, no request fails or waits, and it is used again when it is back', async () => {
    const { redis, service } = await start();
    const fault = 'Redis killed (SIGKILL)';
    const seen = await witness(fault, service, () => redis.kill());
    expectUndisturbed(seen);
    await expectFelt(service, ['error', 'skipped']);
    await redis.restart();
    await recover(fault, (timeoutMs) => isBack(service, timeoutMs));
  });

  it('is slow, no request fails or waits, and it is used again when it is fast', async () => {
    const redis = await startedRedis();
    const proxy = await SlowProxy.start(redis.port);
    ends.push(() => proxy.stop());
    const service = await startedService(`redis://127.0.0.1:${proxy.port}`);
    const fault = `Redis slow (${SLOW_MS} ms)`;
    const seen = await witness(fault, service, () => {
      proxy.delayMs = SLOW_MS;
    });
    expectUndisturbed(seen);
    await expectFelt(service, ['timeout', 'skipped']);
    proxy.delayMs = 0;
    await recover(fault, (timeoutMs) => isBack(service, timeoutMs));
  });

  it.each<[string, string, Toggle]>([
    [
      'has become a replica',
      'READONLY',
      (admin, on) => (on ? admin.replicaof('127.0.0.1', 1) : admin.replicaof('NO', 'ONE')),
    ],
    ['has no memory left', 'OOM', (admin, on) => admin.config('SET', 'maxmemory', on ? 1 : 0)],
  ])('%s, no request fails or waits, and it is used again after', async (what, cause, toggle) => {
    const { redis, service } = await start();
    const admin = new Redis(redis.url);
    ends.push(() => admin.quit());
    const fault = `Redis ${what}`;
    const seen = await witness(fault, service, async () => {
      await toggle(admin, true);
    });
    expectUndisturbed(seen);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_cache_stores_total', { result: 'skipped' })).toBeGreaterThan(0);
    // A worker that has just connected anew reports again at its next attempt.
    await eventually('both workers say why', async () => {
      const labels = { command: 'store', cause };
      const failing = sumOf(await scrape(service.url), 'regno_dependency_failing', labels);
      return failing === 2 ? true : undefined;
    });
    await toggle(admin, false);
    await recover(fault, (timeoutMs) => isBack(service, timeoutMs));
  });

  it('is a server that sends anything, no request fails or waits, and no worker ends', async () => {
    const fake = await FakeRedis.start();
    ends.push(() => fake.stop());
    const service = await startedService(`redis://127.0.0.1:${fake.port}`);
    const hostile = ['*-1\r\n', '$-1\r\n', ':1\r\n', '>1\r\n$-1\r\n', 'HTTP/1.1 400\r\n'];
    const huge = Buffer.concat([Buffer.from('$300000000\r\n'), Buffer.alloc(2 ** 24)]);
    let asked = 0;
    const fault = 'Redis sends anything';
    const seen = await witness(fault, service, () => {
      fake.answer = () => [...hostile, huge][asked++ % (hostile.length + 1)];
    });
    expectUndisturbed(seen);
    await expectFelt(service, ['error', 'skipped']);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_worker_exits_total')).toBe(0);
    for (const worker of ['1', '2']) {
      const memory = sumOf(samples, 'regno_worker_resident_memory_bytes', { worker });
      expect(memory).toBeLessThan(WORKER_BYTES_MAX);
    }
    fake.answer = () => undefined;
    await recover(fault, (timeoutMs) => isBack(service, timeoutMs));
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

/** The fault has reached the service: without this, a test of it would show nothing. */
async function expectFelt(service: Service, results: readonly string[]): Promise<void> {
  const samples = await scrape(service.url);
  const felt = results.map((result) =>
    sumOf(samples, 'regno_cache_requests_total', { level: 'redis', result }),
  );
  expect(felt.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
}

/** Both workers say that they can use Redis. */
async function isBack(service: Service, timeoutMs?: number): Promise<void> {
  const probe = async () => {
    // A breaker that is open is closed by a request that tries.
    await fetch(`${service.url}/health/ready`);
    const up = sumOf(await scrape(service.url), 'regno_dependency_up', { dependency: 'redis' });
    return up === 2 ? true : undefined;
  };
  await eventually('Redis in use', probe, timeoutMs);
}
