import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.js';
import { parseRedisUrl } from './redis-url.js';

describe('parseRedisUrl', () => {
  it.each([
    'redis://cache',
    'redis://cache:6380/7',
    'redis://cache/',
    'redis://',
    'REDIS://cache',
    'redis://:p%40ss%25word@cache',
    'redis://user:pa,ss@cache:1',
    'rediss://user:pass@cache:6390/2',
    'redis://[::1]:6380',
    'redis://cache?db=3&family=6',
    'redis://cache/4?db=3',
  ])('reads %s as the client does', (text) => {
    const { options } = new Redis(text, { lazyConnect: true });
    const { tls, username, password, ...address } = parseRedisUrl(text);
    expect(address).toEqual({
      host: options.host,
      port: options.port,
      db: options.db,
      family: options.family,
    });
    expect(tls).toBe(options.tls !== undefined);
    expect([username ?? '', password ?? '']).toEqual([
      options.username ?? '',
      options.password ?? '',
    ]);
  });

  it('reads the path of a socket, escapes in it, and its database', () => {
    expect(parseRedisUrl('unix:///run/a%20b.sock?db=2')).toMatchObject({
      path: '/run/a b.sock',
      db: 2,
    });
  });

  it.each([
    ['redis://:hush%@cache', /password .* %25/],
    ['redis://:hu%zzsh@cache', /password .* %25/],
    ['redis://hush%ff:x@cache', /user .* %25/],
    ['redis://:hu/sh@cache', /%2F/],
    ['redis://:hu#sh@cache', /%23/],
    ['redis://cache#hush', /%23/],
    ['redis://hush:1234/5@cache', /number of a database/],
    ['redis://cache/hush', /number of a database/],
    ['redis://cache/-1', /number of a database/],
    ['redis://cache?db=hush', /number of a database/],
    ['redis://cache?password=hush', /only db and family/],
    ['redis://cache?family=hush', /family/],
    ['redis://cache:0', /port/],
    ['redis://cache:hush', /expected redis/],
    ['cache:6379', /expected redis/],
    ['http://hush@cache', /expected redis/],
    ['valkey://hush@cache', /expected redis/],
    ['/run/redis.sock', /expected redis/],
    ['unix://run/hush.sock', /three slashes/],
    ['unix://', /three slashes/],
    ['unix:///run/hush%00.sock', /NUL/],
    ['redis+sentinel://:hush@one:26379/main', /a sentinel is not supported/],
    ['redis-sentinel://:hush@one:26379,two:26379/main', /a sentinel is not supported/],
    ['rediss+cluster://:hush@one', /a cluster is not supported/],
    ['redis://one:6379,two:6379', /a list of servers is not supported/],
    ['redis://:hush@one,two', /a list of servers is not supported/],
  ])('refuses %s without a word of it', (text, message) => {
    const reason = reasonOf(text);
    expect(reason).toMatch(message);
    expect(reason).not.toContain('hush');
  });

  it('is what the configuration asks', () => {
    expect(() => loadConfig({ REDIS_URL: 'redis://:50%off@cache' })).toThrow(
      /^The configuration is not valid:\n {2}- REDIS_URL: the password holds a % that begins no escape; % is written %25$/,
    );
  });
});

function reasonOf(text: string): string {
  try {
    return parseRedisUrl(text).host;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
