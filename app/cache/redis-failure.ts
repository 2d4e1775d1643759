import { ReplyRefused } from './redis-reply-guard.js';

/** What the service was doing when Redis failed it. */
export type RedisCommand = 'connect' | 'lookup' | 'store';

/** What keeps the service from the full use of Redis. */
export interface RedisFailure {
  readonly command: RedisCommand;
  readonly cause: RedisCause;
}

/** Why Redis cannot be used, by cause, and what an operator should look at. */
export const REDIS_CAUSES = {
  refused: 'nothing listens at that host and port',
  unknown_host: 'the name of the host cannot be resolved',
  unreachable: 'there is no way to that host, or to that socket',
  timeout: 'no answer in time: a wrong host or port, a firewall, or a Redis that is busy or frozen',
  closed: 'Redis ended the connection',
  tls: 'no TLS with that server: rediss:// is for TLS, redis:// is without it; or a certificate that is not trusted',
  protocol: 'what answers is not Redis, or wants TLS (rediss://)',
  shape: 'a reply or value of the wrong shape: not what the command answers',
  too_large: 'a reply or value longer than an answer can be',
  NOAUTH: 'a password is required: redis://:password@host',
  WRONGPASS: 'user or password is wrong',
  NOPERM: 'the user may not run GETRANGE, SET or SELECT on keys regno:*',
  NO_SUCH_DATABASE: 'Redis does not have the database that the URL names',
  UNKNOWN_COMMAND: 'what answers does not know the command: a Sentinel, or a renamed command',
  MOVED:
    'this is a node of a cluster: give the address of a single Redis, or of a proxy before the cluster',
  CLUSTERDOWN: 'this is a node of a cluster that is down',
  READONLY: 'this is a replica: give the address of the primary',
  MASTERDOWN: 'this is a replica that has lost its primary',
  NOREPLICAS: 'the primary wants more replicas than it has before it takes writes',
  OOM: 'its memory is full and it evicts nothing: see maxmemory and maxmemory-policy',
  MISCONF: 'it cannot save to its disk and refuses writes until it can',
  LOADING: 'it still loads its data',
  BUSY: 'a script blocks it',
  DENIED: 'it is in protected mode: from other hosts it wants a password',
  MAXCLIENTS: 'it has as many clients as it takes: see maxclients',
  WRONGTYPE: 'a value of another type lies under a key of ours; it is overwritten',
  other: 'an error that regno does not know by name',
} as const;

export type RedisCause = keyof typeof REDIS_CAUSES;

const BY_ERROR_CODE: Readonly<Record<string, RedisCause>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'unreachable',
  EACCES: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  EPROTO: 'tls',
};

/** Errors of Redis that begin with plain `ERR`, and codes that say the same as another one. */
const BY_MESSAGE: readonly (readonly [RegExp, RedisCause])[] = [
  [/^(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/, 'MOVED'],
  [/^ERR SELECT is not allowed in cluster mode/, 'MOVED'],
  [/^ERR (DB index|invalid DB index)/, 'NO_SUCH_DATABASE'],
  [/^ERR unknown command/, 'UNKNOWN_COMMAND'],
  [/^ERR max number of clients/, 'MAXCLIENTS'],
  [/^ERR invalid password/, 'WRONGPASS'],
  [/^Socket timeout/, 'timeout'],
  [/^Connection is closed|^Reached the max retries|^Command aborted|^Stream isn't/, 'closed'],
  [/^Unknown RESP type|^Command queue state error/, 'protocol'],
];

/** The cause of an error of the client; the words of the error may hold a key or a user's name. */
export function causeOf(error: unknown): RedisCause {
  if (error instanceof ReplyRefused) return error.reason;
  if (!(error instanceof Error)) return 'other';
  const code = 'code' in error ? String(error.code) : '';
  const known = BY_ERROR_CODE[code];
  if (known !== undefined) return known;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'tls';
  const named = BY_MESSAGE.find(([pattern]) => pattern.test(error.message));
  if (named !== undefined) return named[1];
  const [word = ''] = error.message.split(' ', 1);
  return isErrorCodeOfRedis(word) ? word : 'other';
}

/** True where Redis itself refused a command; false where no answer came. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function isErrorCodeOfRedis(word: string): word is RedisCause {
  return /^[A-Z_]+$/.test(word) && Object.hasOwn(REDIS_CAUSES, word);
}
