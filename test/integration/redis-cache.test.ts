import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisCache } from '../../app/cache/redis-cache.js';
import type { RedisFailure } from '../../app/cache/redis-failure.js';
import { parseRedisUrl } from '../../app/config/redis-url.js';
import { eventually } from '../testing/eventually.js';
import { FakeRedis } from '../testing/fake-redis.js';
import { freePort } from '../../tools/free-port.js';
import { lacks } from '../testing/lacks.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';

vi.setConfig({ testTimeout: 60_000 });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A cache, and what it reported. */
class Watched {
  readonly lookUps: string[] = [];
  readonly stores: string[] = [];
  readonly failures: string[] = [];
  /** `ok`, or what keeps it from use, in the order in which it came. */
  readonly states: string[] = [];
  readonly cache: RedisCache;

  constructor(url: string) {
    const words = (failure: RedisFailure | undefined): string =>
      failure === undefined ? 'ok' : `${failure.command} ${failure.cause}`;
    this.cache = new RedisCache({
      address: parseRedisUrl(url),
      // Much, as these tests are about other things and the machine may be busy.
      timeoutMs: 500,
      ttlSeconds: 60,
      onLookUp: (result) => this.lookUps.push(result),
      onStore: (result) => this.stores.push(result),
      onFailure: (failure) => this.failures.push(words(failure)),
      onState: (failure) => this.states.push(words(failure)),
      onBreaker: () => undefined,
    });
    this.cache.start();
    ends.push(() => this.cache.stop());
  }

  async is(state: string): Promise<void> {
    await eventually(state, () => {
      if (this.states.at(-1) !== state) throw new Error(this.states.join());
      return Promise.resolve(true);
    });
  }

  lookUp(key = 'regno:1:key'): Promise<number | undefined> {
    return new Promise((resolve) => this.cache.lookUp(key, resolve));
  }

  /** Stores and waits for what became of it. */
  async store(key = 'regno:1:key', positive = 0.5): Promise<string | undefined> {
    const before = this.stores.length;
    this.cache.store(key, positive);
    await eventually('stored or not', () =>
      Promise.resolve(this.stores.length > before ? true : undefined),
    );
    return this.stores.at(-1);
  }
}

describe('a cache before a server that answers', () => {
  let fake: FakeRedis;

  async function start(): Promise<Watched> {
    fake = await FakeRedis.start();
    ends.push(() => fake.stop());
    const watched = new Watched(`redis://127.0.0.1:${fake.port}`);
    await watched.is('ok');
    return watched;
  }

  it.each([
    ['*-1\r\n', 'shape'],
    ['$-1\r\n', 'shape'],
    ['*0\r\n', 'shape'],
    ['*1\r\n*1\r\n$-1\r\n', 'shape'],
    [':1\r\n', 'shape'],
    ['_\r\n', 'shape'],
    ['>1\r\n$-1\r\n', 'shape'],
    ['%1\r\n+a\r\n_\r\n', 'shape'],
    ['$9999999999\r\n', 'too_large'],
    ['garbage\r\n', 'protocol'],
    ['$3\r\nabcdef\r\n', 'protocol'],
  ])('%j to a look-up: a miss, counted, and used again when that ends', async (reply, cause) => {
    const watched = await start();
    fake.answer = (command) => (command === 'GETRANGE' ? reply : undefined);
    expect(await watched.lookUp()).toBeUndefined();
    await watched.is(`connect ${cause}`);
    expect(watched.lookUps).toEqual(['error']);
    expect(await watched.lookUp()).toBeUndefined();
    fake.answer = () => undefined;
    await watched.is('ok');
    // One change of state however often the connection was made anew.
    expect(watched.states).toEqual(['ok', `connect ${cause}`, 'ok']);
  });

  it.each(['$-1\r\n', '*-1\r\n', '>1\r\n$-1\r\n', '+OK\r\n', '$0\r\n\r\n'])(
    'ends a connection on which %j comes though nothing was asked',
    async (reply) => {
      const watched = await start();
      fake.send(reply);
      await eventually('a second connection', () =>
        Promise.resolve(fake.connections > 1 ? true : undefined),
      );
      await watched.is('ok');
    },
  );

  it.each([
    ['a simple string', '+OK\r\n', 'shape'],
    ['too few bytes', '$7\r\n1234567\r\n', 'shape'],
    ['one byte more', '$9\r\n123456789\r\n', 'too_large'],
    ['no probability', '$8\r\n\xff\xff\xff\xff\xff\xff\xff\x7f\r\n', 'shape'],
  ])('takes %s for a miss, counts it, and goes on', async (_what, reply, cause) => {
    const watched = await start();
    fake.answer = (command) => (command === 'GETRANGE' ? Buffer.from(reply, 'latin1') : undefined);
    expect(await watched.lookUp()).toBeUndefined();
    expect(watched.lookUps).toEqual(['miss']);
    expect(watched.failures).toEqual([`lookup ${cause}`]);
    expect(watched.states).toEqual(['ok']);
    expect(fake.connections).toBe(1);
  });

  it('trusts no connection on which a store is answered by something else', async () => {
    const watched = await start();
    fake.answer = (command, [key]) =>
      command === 'SET' && key !== 'regno:probe' ? '$8\r\n12345678\r\n' : undefined;
    expect(await watched.store()).toBe('error');
    expect(watched.failures).toContain('store shape');
    fake.answer = () => undefined;
    await eventually('a second connection', () =>
      Promise.resolve(fake.connections > 1 ? true : undefined),
    );
    await watched.is('ok');
  });

  it('gives up where the memory that a reply claims does not come', async () => {
    const watched = await start();
    const before = process.memoryUsage().rss;
    fake.answer = (command) =>
      command === 'GETRANGE'
        ? Buffer.concat([Buffer.from('$300000000\r\n'), Buffer.alloc(3e7)])
        : undefined;
    expect(await watched.lookUp()).toBeUndefined();
    await watched.is('connect too_large');
    // The server's own 30 MB are of this process too.
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  it('keeps the same state before a node of a cluster, whichever slots it holds', async () => {
    const watched = await start();
    fake.answer = (_command, [key]) =>
      key === 'regno:1:elsewhere' ? '-MOVED 866 10.0.0.2:6379\r\n' : undefined;
    expect(await watched.lookUp('regno:1:here')).toBeUndefined();
    await watched.lookUp('regno:1:elsewhere');
    await watched.is('lookup MOVED');
    await eventually('attempts', () =>
      Promise.resolve(
        watched.failures.filter((one) => one === 'lookup MOVED').length > 3 ? true : undefined,
      ),
    );
    expect(watched.states).toEqual(['ok', 'lookup MOVED']);
    expect(fake.connections).toBe(1);
  });

  it('still says that stores are refused where one look-up comes too late', async () => {
    const watched = await start();
    fake.answer = (command) => (command === 'SET' ? '-OOM no\r\n' : '');
    await watched.store();
    await watched.lookUp();
    expect(watched.failures).toEqual(['store OOM', 'lookup timeout']);
    expect(watched.states).toEqual(['ok', 'store OOM']);
  });

  it.each([
    ['OOM command not allowed', 'OOM'],
    ["NOPERM User u has no permissions to run the 'set' command", 'NOPERM'],
    ['MISCONF Redis is configured to save', 'MISCONF'],
    ['NOREPLICAS Not enough good replicas', 'NOREPLICAS'],
    ['ERR who knows', 'other'],
    ['EVILCODE who knows', 'other'],
  ])('says so where stores are refused (%s), and still finds answers', async (message, cause) => {
    const watched = await start();
    const value = Buffer.concat([Buffer.from('$8\r\n'), double(0.25), Buffer.from('\r\n')]);
    fake.answer = (command) =>
      command === 'SET' ? `-${message}\r\n` : command === 'GETRANGE' ? value : undefined;
    expect(await watched.store()).toBe('error');
    expect(watched.states).toEqual(['ok', `store ${cause}`]);
    expect(await watched.store()).toBe('skipped');
    expect(await watched.lookUp()).toBe(0.25);
    // What is tried again is the store that failed, as others might not.
    fake.answer = (command, [key]) =>
      command === 'SET' && key === 'regno:1:key' ? `-${message}\r\n` : undefined;
    const failed = watched.failures.length;
    await eventually('another attempt', () =>
      Promise.resolve(watched.failures.length > failed ? true : undefined),
    );
    expect(watched.states).toEqual(['ok', `store ${cause}`]);
    fake.answer = () => undefined;
    await watched.is('ok');
    expect(await watched.store()).toBe('ok');
  });
});

describe.skipIf(lacks('redis-server'))('a cache before Redis', () => {
  let redis: TestRedis;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterEach(async () => {
    await admin.flushall();
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it('leaves nothing behind but answers', async () => {
    const watched = new Watched(redis.url);
    await watched.is('ok');
    await watched.store('regno:1:a', 0.75);
    expect(await watched.lookUp('regno:1:a')).toBe(0.75);
    expect(await admin.keys('*')).toEqual(['regno:1:a']);
  });

  it('makes a new connection where it finds itself at a replica', async () => {
    const watched = new Watched(redis.url);
    await watched.is('ok');
    const before = Number(await admin.info('stats').then(connectionsIn));
    await admin.replicaof('127.0.0.1', await freePort());
    try {
      await watched.store();
      await watched.is('store READONLY');
      await eventually('a new connection', async () =>
        Number(connectionsIn(await admin.info('stats'))) > before ? true : undefined,
      );
    } finally {
      await admin.replicaof('NO', 'ONE');
    }
    await watched.is('ok');
    expect(watched.states).toEqual(['ok', 'store READONLY', 'ok']);
    expect(await watched.store()).toBe('ok');
  });

  it('finds answers while the memory of Redis is full, and says that it stores none', async () => {
    const watched = new Watched(redis.url);
    await watched.is('ok');
    await watched.store('regno:1:old', 0.125);
    await admin.config('SET', 'maxmemory', '1');
    try {
      expect(await watched.store()).toBe('error');
      await watched.is('store OOM');
      expect(await watched.lookUp('regno:1:old')).toBe(0.125);
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
    await watched.is('ok');
  });

  it.each([
    ['+get +getrange +select', 'store NOPERM'],
    ['+set +select', 'lookup NOPERM'],
  ])('says what a user with %s may not', async (rights, state) => {
    await admin.call('ACL', 'SETUSER', 'regno', 'reset', 'on', '>pass', '~*', ...rights.split(' '));
    const watched = new Watched(`redis://regno:pass@127.0.0.1:${redis.port}`);
    await watched.is(state);
    await admin.call('ACL', 'SETUSER', 'regno', '+set', '+getrange');
    await watched.is('ok');
  });

  it('writes nothing where the database of the URL does not exist', async () => {
    const watched = new Watched(`${redis.url}/99`);
    await watched.is('connect NO_SUCH_DATABASE');
    expect(await watched.store()).toBe('skipped');
    await eventually('attempts', () =>
      Promise.resolve(watched.failures.length > 3 ? true : undefined),
    );
    expect(await admin.dbsize()).toBe(0);
    expect(watched.states).toEqual(['connect NO_SUCH_DATABASE']);
  });

  it('uses the database of the URL, on later connections too', async () => {
    const watched = new Watched(`${redis.url}/7`);
    await watched.is('ok');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await watched.is('connect closed');
    await watched.is('ok');
    expect(await watched.store()).toBe('ok');
    expect(await admin.dbsize()).toBe(0);
    await admin.select(7);
    expect(await admin.keys('*')).toEqual(['regno:1:key']);
    await admin.select(0);
  });

  it('drops a value of 100 MB without reading it', async () => {
    const watched = new Watched(redis.url);
    await watched.is('ok');
    await admin.call('SETRANGE', 'regno:1:key', 100e6, 'x');
    const before = process.memoryUsage().rss;
    expect(await watched.lookUp()).toBeUndefined();
    expect(watched.failures).toEqual(['lookup too_large']);
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
    expect(await watched.store()).toBe('ok');
    expect(await watched.lookUp()).toBe(0.5);
  });

  it.each([
    [
      'a wrong port',
      () => freePort().then((port) => `redis://127.0.0.1:${port}`),
      'connect refused',
    ],
    ['a wrong host', () => `redis://no-such-host.invalid:${redis.port}`, 'connect unknown_host'],
    ['a password that is wrong', () => `redis://:x@127.0.0.1:${redis.port}`, 'connect WRONGPASS'],
    ['no password', () => redis.url, 'lookup NOAUTH'],
    ['TLS where there is none', () => `rediss://127.0.0.1:${redis.port}`, 'connect'],
    ['a socket that is not there', () => 'unix:///no/such.sock', 'connect unreachable'],
  ])('names %s', async (_what, urlOf, state) => {
    await admin.config('SET', 'requirepass', 'right');
    try {
      const watched = new Watched(await urlOf());
      await eventually('a state', () => Promise.resolve(watched.states[0]));
      expect(watched.states[0]).toContain(state);
    } finally {
      await admin.config('SET', 'requirepass', '');
    }
  });
});

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function connectionsIn(info: string): string | undefined {
  return /total_connections_received:(\d+)/.exec(info)?.[1];
}
