import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { FakeRedis } from '../testing/fake-redis.js';
import { freePort } from '../../tools/free-port.js';
import { HttpClient } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';

const READINGS = makeReadings(200, 77);

vi.setConfig({ testTimeout: 120_000 });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(redisUrl: string): Promise<Service> {
  const service = await startService({
    env: {
      REDIS_URL: redisUrl,
      REGNO_MEMORY_CACHE_ENTRIES: '0',
      REGNO_REDIS_TIMEOUT_MS: '200',
    },
  });
  ends.push(() => service.stop());
  return service;
}

describe('a server of hostile replies in the place of Redis', () => {
  it('ends no worker and fails no reading', async () => {
    const fake = await FakeRedis.start();
    ends.push(() => fake.stop());
    const service = await start(`redis://127.0.0.1:${fake.port}`);
    const pids = service.workerPids();
    const hostile = [
      '*-1\r\n',
      '$-1\r\n',
      '*0\r\n',
      ':1\r\n',
      '>1\r\n$-1\r\n',
      '$300000000\r\n',
      'HTTP/1.1',
    ];
    for (const reply of hostile) {
      fake.answer = () => undefined;
      await whenFailing(service, []);
      fake.answer = (command) => (command === 'GETRANGE' ? reply : undefined);
      expect(await statusesOf(service, READINGS.slice(0, 20))).toEqual(new Set([200]));
      // Though nothing was asked.
      for (let i = 0; i < 3; i++) fake.send(reply);
      await eventually('noticed', async () =>
        (await health(service)).state === 'degraded' ? true : undefined,
      );
    }
    expect(service.workerPids()).toEqual(pids);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_worker_exits_total')).toBe(0);
    for (const cause of ['shape', 'too_large', 'protocol']) {
      expect(sumOf(samples, 'regno_cache_failures_total', { cause })).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(lacks('redis-server'))('Redis that refuses', () => {
  let redis: TestRedis;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it('shows in state, metrics, page and log where it stores nothing', async () => {
    const service = await start(redis.url);
    await whenFailing(service, []);
    await admin.config('SET', 'maxmemory', '1');
    try {
      expect(await statusesOf(service, READINGS.slice(0, 20))).toEqual(new Set([200]));
      await whenFailing(service, ['store OOM']);
      expect(await health(service)).toMatchObject({
        ready: true,
        state: 'degraded',
        dependencies: { redis: 'down' },
      });
      const samples = await scrape(service.url);
      const failed = { command: 'store', cause: 'OOM' };
      expect(sumOf(samples, 'regno_cache_failures_total', failed)).toBeGreaterThan(0);
      // The worker that is not asked reports its last counts a moment later.
      await eventually('all 20 are counted as lost', async () => {
        const counted = await scrape(service.url);
        const lost = ['error', 'skipped'].map((result) =>
          sumOf(counted, 'regno_cache_stores_total', { result }),
        );
        return lost.reduce((sum, count) => sum + count, 0) === 20 ? true : undefined;
      });
      expect((await status(service)).reasons).toEqual([
        'redis is out of use for 2 workers (store: OOM)',
      ]);
      // Look-ups go on.
      const looked = { level: 'redis', result: 'miss' };
      expect(sumOf(samples, 'regno_cache_requests_total', looked)).toBeGreaterThan(0);
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
    await whenFailing(service, []);
    expect((await health(service)).state).toBe('ok');
    await service.process.line((line) => line.includes('Redis is back'));
    expect((await service.stop()).code).toBe(0);
    expect(linesOf(service, 'Redis refuses to store').map(({ cause }) => cause)).toEqual(['OOM']);
    expect(linesOf(service, 'Redis is back')).toHaveLength(1);
  });

  it.each([
    ['password', () => `redis://:s3cr3t@127.0.0.1:${redis.port}`, 'WRONGPASS'],
    ['database', () => `${redis.url}/99`, 'NO_SUCH_DATABASE'],
    ['host', () => 'redis://:s3cr3t@no-such-host.invalid', 'unknown_host'],
    ['port', async () => `redis://:s3cr3t@127.0.0.1:${await freePort()}`, 'refused'],
  ])(
    'is named at the start where the %s is wrong, in one line for all workers',
    async (_what, url, cause) => {
      if (cause === 'WRONGPASS') await admin.config('SET', 'requirepass', 'right');
      try {
        const service = await start(await url());
        expect(await statusesOf(service, READINGS.slice(0, 5))).toEqual(new Set([200]));
        await whenFailing(service, [`connect ${cause}`]);
        await eventually('more attempts', async () =>
          sumOf(await scrape(service.url), 'regno_cache_failures_total', { cause }) > 8
            ? true
            : undefined,
        );
        // Whatever was to be written has been.
        expect((await service.stop()).code).toBe(0);
        const lines = linesOf(service, 'Redis is gone');
        expect(lines.map((line) => [line.level, line.cause])).toEqual([['warn', cause]]);
        expect(service.process.text).not.toContain('s3cr3t');
      } finally {
        await admin.config('SET', 'requirepass', '');
      }
    },
  );

  it('says nothing at a start where all is well', async () => {
    const service = await start(redis.url);
    await whenFailing(service, []);
    expect(service.process.text).not.toContain('Redis');
  });
});

interface Line {
  readonly level: string;
  readonly message: string;
  readonly cause?: string;
}

function linesOf(service: Service, message: string): Line[] {
  return service.process.text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.message === message);
}

/** Both workers say the same; an empty list: both can use Redis. */
async function whenFailing(service: Service, expected: readonly string[]): Promise<void> {
  await eventually(`failing: ${expected.join()}`, async () => {
    const { failing, dependencies } = await status(service);
    const seen = failing
      .filter(({ workers }) => workers === 2)
      .map(({ command, cause }) => `${command} ${cause}`);
    if (dependencies[0]?.workersUp !== (expected.length === 0 ? 2 : 0)) return undefined;
    return seen.join() === expected.join() ? true : undefined;
  });
}

interface Status {
  readonly reasons: readonly string[];
  readonly dependencies: readonly { readonly workersUp: number }[];
  readonly failing: readonly {
    readonly command: string;
    readonly cause: string;
    readonly workers: number;
  }[];
}

async function status(service: Service): Promise<Status> {
  const answer = await fetch(`${service.url}/status.json`, { headers: { 'x-api-key': API_KEY } });
  return (await answer.json()) as Status;
}

async function health(service: Service): Promise<{ readonly state: string }> {
  const answer = await fetch(`${service.url}/health/ready`, { headers: { connection: 'close' } });
  return ((await answer.json()) as { body: { state: string } }).body;
}

async function statusesOf(service: Service, readings: readonly unknown[]): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (const reading of readings) {
    const client = new HttpClient(service.port, 1);
    const body = JSON.stringify(reading);
    statuses.add((await client.ask({ headers: { 'x-api-key': API_KEY }, body })).status);
    client.close();
  }
  return statuses;
}
