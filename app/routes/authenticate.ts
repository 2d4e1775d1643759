import { hash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { refuse } from './answer.js';

/** Longer keys cannot be configured, so they need no hashing. */
const KEY_CHARS_MAX = 256;

/**
 * Compares a presented key with the configured ones in constant time: digests of equal length, and
 * every one of them looked at.
 */
export class ApiKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digestOf);
  }

  accepts(presented: string | undefined): boolean {
    if (presented === undefined || presented.length > KEY_CHARS_MAX) return false;
    const digest = digestOf(presented);
    let found = false;
    for (const known of this.#digests) if (timingSafeEqual(known, digest)) found = true;
    return found;
  }
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** Refuses requests without a known `x-api-key`. */
export function authenticate(keys: ApiKeys): RequestHandler {
  return requireKey(keys, headerKey, ['www-authenticate', 'ApiKey realm="regno"']);
}

/**
 * The same for pages, which a browser opens without headers of its own: it may also ask its user,
 * by HTTP Basic, and send the key as the password.
 */
export function authenticatePage(keys: ApiKeys): RequestHandler {
  const keyOf = (req: Request): string | undefined => headerKey(req) ?? basicPassword(req);
  return requireKey(keys, keyOf, ['www-authenticate', 'Basic realm="regno"']);
}

function requireKey(
  keys: ApiKeys,
  keyOf: (req: Request) => string | undefined,
  challenge: readonly string[],
): RequestHandler {
  return (req, res, next) => {
    if (keys.accepts(keyOf(req))) {
      req.socket.client?.showKey();
      next();
    } else {
      refuse(res, 'unauthorized', undefined, challenge);
    }
  };
}

function headerKey(req: Request): string | undefined {
  const key = req.headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}

function basicPassword(req: Request): string | undefined {
  const match = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(req.headers.authorization ?? '');
  const pair = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
