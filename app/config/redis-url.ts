/** Where Redis is and how it is entered; database 0 where the URL names none. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Of a Unix socket, which takes the place of host and port. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls: boolean;
  /** 4 or 6 for one version of IP; 0 for both. */
  readonly family: 0 | 4 | 6;
}

/** What is wrong with an address of Redis; never shows any of it, as it may hold a password. */
class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const EXPECTED =
  'expected redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path';
/** Ways to write a group of servers, which a client for a single one would take for a host name. */
const GROUP_SCHEMES = /^rediss?[+-](sentinel|cluster)$/;

/**
 * Parses an address of Redis. The client is given the parts, so that what is checked here is what
 * it uses: its own parser takes any scheme, any option after `?`, and `/abc` for database 0.
 *
 * @throws RedisUrlError
 */
export function parseRedisUrl(text: string): RedisAddress {
  const scheme = /^([a-z+-]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? '';
  const [, group] = GROUP_SCHEMES.exec(scheme) ?? [];
  if (group !== undefined) {
    throw new RedisUrlError(
      `a ${group} is not supported; expected the redis:// address of one server, or of a proxy before the ${group}`,
    );
  }
  if (!['redis', 'rediss', 'unix'].includes(scheme)) throw new RedisUrlError(EXPECTED);
  if (/^[^/?#]*,/.test(text.slice(scheme.length + 3).replace(/^[^/?#]*@/, ''))) {
    throw new RedisUrlError('a list of servers is not supported; expected one host');
  }
  if (!URL.canParse(text) || /[\t\n\r]/.test(text)) {
    throw new RedisUrlError(`${EXPECTED}; in a password, @ / # ? are written %40 %2F %23 %3F`);
  }
  const url = new URL(text);
  if (url.hash !== '') throw new RedisUrlError('# in a password is written %23');
  return {
    ...placeOf(url, scheme === 'unix'),
    ...credentialsOf(url),
    tls: scheme === 'rediss',
    family: familyOf(url),
  };
}

function placeOf(url: URL, isSocket: boolean): Pick<RedisAddress, 'host' | 'port' | 'path' | 'db'> {
  const options = [...url.searchParams.keys()];
  if (options.some((name) => name !== 'db' && name !== 'family')) {
    throw new RedisUrlError('of the options after ?, only db and family are known');
  }
  const option = url.searchParams.get('db') ?? '';
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const port = Number(url.port || 6379);
  if (port === 0) throw new RedisUrlError('expected a port from 1 to 65535');
  if (!isSocket) return { host, port, db: databaseOf(url.pathname.slice(1) || option) };
  if (url.hostname !== '' || url.pathname.length < 2) {
    throw new RedisUrlError('expected unix:///path/of/the.sock, with three slashes');
  }
  const path = decode(url.pathname, 'path');
  if (path.includes('\0')) throw new RedisUrlError('the path holds a NUL');
  return { host, port, path, db: databaseOf(option) };
}

function databaseOf(text: string): number {
  if (!/^\d{0,6}$/.test(text)) {
    throw new RedisUrlError('expected the number of a database, or nothing, after the host');
  }
  return Number(text);
}

function credentialsOf(url: URL): Pick<RedisAddress, 'username' | 'password'> {
  const username = decode(url.username, 'user');
  const password = decode(url.password, 'password');
  return { ...(username && { username }), ...(password && { password }) };
}

function familyOf(url: URL): RedisAddress['family'] {
  const text = url.searchParams.get('family') ?? '0';
  if (text === '0' || text === '4' || text === '6') return Number(text) as RedisAddress['family'];
  throw new RedisUrlError('expected family to be 4 or 6');
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError(`the ${part} holds a % that begins no escape; % is written %25`);
  }
}
