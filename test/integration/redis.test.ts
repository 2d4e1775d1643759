import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { HttpClient, type ClientAnswer } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { negateLeaves, writeForgedModel, writeOtherModel } from '../testing/other-model.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { SteadyLoad, type LoadResult } from '../testing/steady-load.js';
import { expectedAnswers } from '../testing/test-model.js';
import { freePort } from '../../tools/free-port.js';

const READINGS = makeReadings(4000, 33);
const WORKERS = ['1', '2'];
/** The service reconnects after a second at the most, and a breaker stays open for one. */
const NOTICE_MS = 15_000;
const LOOK_UP_TIMEOUT_MS = 20;

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(lacks('redis-server'))('the shared cache', () => {
  let redis: TestRedis;
  const services: Service[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
  afterAll(() => redis.stop());

  /** A service that remembers nothing in memory, so that every repeated reading asks Redis. */
  async function start(env: Record<string, string> = {}): Promise<Service> {
    const service = await startService({
      env: {
        REDIS_URL: redis.url,
        REGNO_MEMORY_CACHE_ENTRIES: '0',
        REGNO_REDIS_TIMEOUT_MS: String(LOOK_UP_TIMEOUT_MS),
        ...env,
      },
    });
    services.push(service);
    return service;
  }

  it('answers after a restart of the service, whatever the spelling of a body', async () => {
    const [reading = {}] = READINGS;
    const first = await start();
    await whenRedisIs(first, 'up');
    const fresh = await ask(first, JSON.stringify(reading));
    expect(sourceOf(fresh)).toBe('miss model');
    await eventually('stored', async () =>
      sourceOf(await ask(first, JSON.stringify(reading))) === 'hit redis' ? true : undefined,
    );
    await first.stop();
    const second = await start();
    await whenRedisIs(second, 'up');
    for (const body of [JSON.stringify(reading), JSON.stringify(reading, null, 2)]) {
      const again = await ask(second, body);
      expect(sourceOf(again)).toBe('hit redis');
      expect(again.body).toBe(fresh.body);
    }
  });

  it('never gives an answer of another model', async () => {
    const readings = READINGS.slice(10, 20);
    const first = await start();
    await whenRedisIs(first, 'up');
    const old = await askAll(first, readings);
    const second = await start({ MODEL: await writeOtherModel() });
    await whenRedisIs(second, 'up');
    const fresh = await askAll(second, readings);
    expect(fresh.map(sourceOf)).toEqual(readings.map(() => 'miss model'));
    for (const [i, { body }] of fresh.entries()) expect(body).not.toBe(old[i]?.body);
    const again = await askAll(first, readings);
    expect(again.map(({ body }) => body)).toEqual(old.map(({ body }) => body));
  });

  it('takes no answer from a forged graph that says it is the shipped model', async () => {
    const readings = READINGS.slice(20, 30);
    const poisoner = await start({ MODEL: await writeForgedModel(negateLeaves) });
    await whenRedisIs(poisoner, 'up');
    const poison = await askAll(poisoner, readings);
    await eventually('stored', async () => {
      const again = await askAll(poisoner, readings);
      return again.every((answer) => sourceOf(answer) === 'hit redis') ? true : undefined;
    });
    const shipped = await start();
    await whenRedisIs(shipped, 'up');
    const answers = await askAll(shipped, readings);
    expect(answers.map(sourceOf)).toEqual(readings.map(() => 'miss model'));
    const right = await expectedAnswers(readings);
    for (const [i, { body }] of answers.entries()) {
      expect(body).toBe(right[i]);
      expect(poison[i]?.body).not.toBe(right[i]);
    }
    const { model } = (await ready(shipped)).body;
    expect(model.digest).not.toBe((await ready(poisoner)).body.model.digest);
  });

  it('holds eight bytes a reading under keys without a plate, for as long as configured', async () => {
    const [reading = {}] = READINGS.slice(30);
    const service = await start({ REGNO_CACHE_TTL_SECONDS: '1234' });
    await whenRedisIs(service, 'up');
    const client = new Redis(redis.url);
    await client.flushall();
    await ask(service, JSON.stringify(reading));
    const [key = ''] = await eventually('stored', async () => {
      const keys = await client.keys('*');
      return keys.length === 0 ? undefined : keys;
    });
    expect(key).toMatch(/^regno:\d+:[\w-]{43}$/);
    expect(await client.strlen(key)).toBe(8);
    expect(await client.ttl(key)).toBeGreaterThan(1200);
    client.disconnect();
  });

  it('takes garbage under its keys for a miss', async () => {
    const readings = READINGS.slice(40, 52);
    const expected = await expectedAnswers(readings);
    const service = await start();
    await whenRedisIs(service, 'up');
    const client = new Redis(redis.url);
    await client.flushall();
    await askAll(service, readings);
    const keys = await eventually('all stored', async () => {
      const found = await client.keys('regno:*');
      return found.length === readings.length ? found : undefined;
    });
    const double = (value: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      return bytes;
    };
    const garbage = [NaN, Infinity, -Infinity, -1e-9, 1.0000000001, 42].map(double);
    garbage.push(Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(9), Buffer.from('0.5'));
    for (const [i, key] of keys.entries()) {
      await client.del(key);
      const value = garbage[i];
      if (value !== undefined) await client.set(key, value);
      else if (i % 2 === 0) await client.rpush(key, 'a list');
      else await client.hset(key, 'a', 'hash');
    }
    const answers = await askAll(service, readings);
    expect(answers.map(({ body }) => body)).toEqual(expected);
    expect(answers.map(sourceOf)).toEqual(readings.map(() => 'miss model'));
    // The good answers have taken the garbage's place.
    await eventually('hits again', async () => {
      const again = await askAll(service, readings);
      return again.every((one) => sourceOf(one) === 'hit redis') ? true : undefined;
    });
    client.disconnect();
  });

  it('fails no request where Redis is killed under load, says so, and works again after', async () => {
    const service = await start();
    await whenRedisIs(service, 'up');
    expect(await healthState(service)).toBe('ok');
    const load = startLoad(service);
    await load.more(300);
    await redis.kill();
    await load.more(300);
    await whenRedisIs(service, 'down');
    expect(await healthState(service)).toBe('degraded');
    await load.more(300);
    await redis.restart();
    await whenRedisIs(service, 'up');
    await load.more(300);
    expectAllAnswered(await load.stop());
    // On a busy machine the load itself may make look-ups late.
    await whenRedisIs(service, 'up');
    expect(await healthState(service)).toBe('ok');
    await expectHits(service);
  });

  it('notices without any traffic that Redis is gone, and that it is back', async () => {
    const service = await start();
    await whenRedisIs(service, 'up');
    await redis.kill();
    await whenRedisIs(service, 'down');
    expect(await healthState(service)).toBe('degraded');
    await redis.restart();
    await whenRedisIs(service, 'up');
    expect(await healthState(service)).toBe('ok');
  });

  it('bounds the wait for a frozen Redis, stops asking, and recovers when it thaws', async () => {
    const service = await start();
    await whenRedisIs(service, 'up');
    const load = startLoad(service);
    await load.more(300);
    redis.freeze();
    try {
      await eventually('the breaker opens', async () => {
        const samples = await scrape(service.url);
        const open = samples.filter(
          ({ name, value }) => name === 'regno_cache_breaker_state' && value === 2,
        );
        return open.length === WORKERS.length ? true : undefined;
      });
      await whenRedisIs(service, 'down');
      expect(await healthState(service)).toBe('degraded');
      const frozen = startLoad(service, 3);
      await frozen.more(500);
      const result = await frozen.stop();
      expectAllAnswered(result);
      // One request in a second waits for the probe; the bulk must not wait at all.
      const waited = result.latenciesMs.filter((ms) => ms >= LOOK_UP_TIMEOUT_MS).length;
      expect(waited / result.ok).toBeLessThan(0.5);
      const samples = await scrape(service.url);
      const look = (result_: string): number =>
        sumOf(samples, 'regno_cache_requests_total', { level: 'redis', result: result_ });
      expect(look('timeout')).toBeGreaterThan(0);
      expect(look('skipped')).toBeGreaterThan(100);
    } finally {
      redis.thaw();
    }
    await whenRedisIs(service, 'up');
    await load.more(100);
    const result = await load.stop();
    expectAllAnswered(result);
    expect(Math.max(...result.latenciesMs)).toBeLessThan(1500);
    expect(await healthState(service)).toBe('ok');
    await expectHits(service);
  });

  it('thaws without any traffic', async () => {
    const service = await start();
    await whenRedisIs(service, 'up');
    redis.freeze();
    try {
      // A breaker opens by look-ups; nobody asks after these.
      await askAll(service, READINGS.slice(60, 100));
      await whenRedisIs(service, 'down');
    } finally {
      redis.thaw();
    }
    await whenRedisIs(service, 'up');
  });

  it('serves without a Redis that is not there at the start, and takes it when it comes', async () => {
    await redis.kill();
    const service = await start();
    expect(await healthState(service)).toBe('degraded');
    expect((await ask(service, JSON.stringify(READINGS[70]))).status).toBe(200);
    await redis.restart();
    await whenRedisIs(service, 'up');
    expect(await healthState(service)).toBe('ok');
    await expectHits(service);
  });

  it('serves without a Redis that refuses its password', async () => {
    const client = new Redis(redis.url);
    await client.config('SET', 'requirepass', 'secret-of-redis');
    try {
      const service = await start();
      for (let i = 0; i < 10; i++) {
        expect((await ask(service, JSON.stringify(READINGS[80 + i]))).status).toBe(200);
      }
      expect(await healthState(service)).toBe('degraded');
      const right = await start({ REDIS_URL: `redis://:secret-of-redis@127.0.0.1:${redis.port}` });
      await whenRedisIs(right, 'up');
      await expectHits(right);
      expect(right.process.text + service.process.text).not.toContain('secret-of-redis');
    } finally {
      await client.config('SET', 'requirepass', '');
      client.disconnect();
    }
  });

  it('starts and stops in time with a Redis address where nobody answers', async () => {
    const service = await start({ REDIS_URL: `redis://10.255.255.1:${await freePort()}` });
    expect((await ask(service, JSON.stringify(READINGS[95]))).status).toBe(200);
    expect(await healthState(service)).toBe('degraded');
    const startedAt = performance.now();
    expect((await service.stop()).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

let offset = 0;

function startLoad(service: Service, connections = 8): SteadyLoad {
  offset += 1;
  const salt = offset;
  const bodies = READINGS.map((reading) => JSON.stringify({ ...reading, salt }));
  return SteadyLoad.start({
    port: service.port,
    connections,
    body: (n) => bodies[n % bodies.length] ?? '',
  });
}

function expectAllAnswered(result: LoadResult): void {
  const { statuses, lost, refused } = result;
  expect({ statuses: [...statuses], lost, refused }).toEqual({ statuses: [], lost: 0, refused: 0 });
  expect(result.ok).toBeGreaterThan(0);
}

/** New readings are stored and found again. */
async function expectHits(service: Service): Promise<void> {
  offset += 1;
  const salted = makeReadings(5, 1000 + offset);
  await askAll(service, salted);
  await eventually('hits', async () => {
    const answers = await askAll(service, salted);
    return answers.every((one) => sourceOf(one) === 'hit redis') ? true : undefined;
  });
}

/** Both workers must say so, each by its own metric. */
async function whenRedisIs(service: Service, state: 'up' | 'down'): Promise<void> {
  await eventually(
    `Redis is ${state} for every worker`,
    async () => {
      const samples = await scrape(service.url);
      const seen = WORKERS.map((worker) =>
        sumOf(samples, 'regno_dependency_up', { dependency: 'redis', worker }),
      );
      return seen.every((value) => value === (state === 'up' ? 1 : 0)) ? true : undefined;
    },
    NOTICE_MS,
  );
}

async function healthState(service: Service): Promise<string> {
  const answer = await fetch(`${service.url}/health/ready`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  const { body } = (await answer.json()) as { body: { ready: boolean; state: string } };
  expect(body.ready).toBe(true);
  return body.state;
}

async function ask(service: Service, body: string): Promise<ClientAnswer> {
  const client = new HttpClient(service.port, 1);
  const answer = await client.ask({ headers: { 'x-api-key': API_KEY }, body });
  client.close();
  return answer;
}

async function askAll(service: Service, readings: readonly unknown[]): Promise<ClientAnswer[]> {
  const answers: ClientAnswer[] = [];
  for (const reading of readings) answers.push(await ask(service, JSON.stringify(reading)));
  for (const answer of answers) expect(answer.status).toBe(200);
  return answers;
}

function sourceOf(answer: ClientAnswer): string {
  return `${String(answer.headers['x-cache'])} ${String(answer.headers['x-answer-source'])}`;
}

async function ready(service: Service): Promise<{ body: { model: { digest: string } } }> {
  const answer = await fetch(`${service.url}/health/ready`);
  return (await answer.json()) as { body: { model: { digest: string } } };
}
