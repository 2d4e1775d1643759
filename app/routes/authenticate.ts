import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { refuse } from './answer.js';

/** Longer keys cannot be configured. */
const KEY_CHARS_MAX = 256;
const LENGTH_BYTES = 2;

/**
 * Compares a presented key with the configured ones in constant time: all padded to one length, and
 * every one of them looked at. Up to some ten keys that takes less than hashing them to one length.
 */
export class ApiKeys {
  readonly #known: readonly Buffer[];
  readonly #presented: Buffer;

  /** @param keys of at most 256 UTF-16 units each */
  constructor(keys: readonly string[]) {
    // Of a longer one that is presented the end is cut off, and its length tells it apart.
    const bytes = LENGTH_BYTES + 2 * Math.max(0, ...keys.map(({ length }) => length));
    this.#known = keys.map((key) => pad(key, Buffer.alloc(bytes)));
    this.#presented = Buffer.alloc(bytes);
  }

  accepts(presented: string | undefined): boolean {
    if (presented === undefined || presented.length > KEY_CHARS_MAX) return false;
    pad(presented, this.#presented);
    let found = false;
    for (const known of this.#known) if (timingSafeEqual(known, this.#presented)) found = true;
    return found;
  }
}

/** With its length, as a key that ends with zeros, or is cut, is another one. */
function pad(key: string, into: Buffer): Buffer {
  into.fill(0);
  into.writeUInt16LE(key.length);
  into.write(key, LENGTH_BYTES, 'utf16le');
  return into;
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
