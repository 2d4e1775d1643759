import { z } from 'zod';
import { parseRedisUrl } from './redis-url.js';

export function whole(min: number, max: number) {
  return z
    .string()
    .trim()
    .regex(/^\d{1,12}$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `expected at least ${min}`).max(max, `expected at most ${max}`));
}

export function ratio() {
  return z
    .string()
    .trim()
    .regex(/^(0|1|0?\.\d{1,9}|0\.\d{1,9}|1\.0*)$/, 'expected a number from 0 to 1')
    .transform(Number);
}

export const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], 'expected true or false')
  .transform((value) => value === 'true' || value === '1' || value === 'yes');

const ENVIRONMENTS = ['development', 'production', 'test'] as const;

/** A misspelt `production` would open the service with the demo key. */
export const environment = z
  .string()
  .trim()
  .pipe(
    z.enum(ENVIRONMENTS, {
      error: ({ input }) => {
        const start = String(input).slice(0, 1).toLowerCase();
        const meant = ENVIRONMENTS.find((name) => name.startsWith(start));
        const expected = 'expected development, production or test';
        return meant === undefined ? expected : `${expected}; did you mean ${meant}?`;
      },
    }),
  );

export const url = (...schemes: readonly string[]) =>
  z
    .string()
    .trim()
    .refine(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)),
      `expected a URL of scheme ${schemes.join(' or ')}`,
    )
    .refine(
      (value) => !URL.canParse(value) || hasReadableCredentials(new URL(value)),
      'expected a user name and password in percent-encoding: % itself is written %25',
    );

export const redisUrl = z
  .string()
  .trim()
  .superRefine((value, context) => {
    try {
      parseRedisUrl(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** Clients decode them where they connect, which is too late to say so. */
function hasReadableCredentials({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

const KEY_MAX_CHARS = 256;

/** Comma-separated keys: printable ASCII without comma or space, so that a header can carry them. */
export const keyList = z
  .string()
  .transform((value) =>
    value
      .split(/[,\n]/)
      .map((key) => key.trim())
      .filter((key) => key !== ''),
  )
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^[!-+\--~]+$/, 'expected printable ASCII keys separated by commas')
          .max(KEY_MAX_CHARS, `expected keys of at most ${KEY_MAX_CHARS} characters`),
      )
      .min(1, 'expected at least one key')
      .max(1000, 'expected at most 1000 keys'),
  );

/** Origins as browsers send them: scheme, host and a port that is not the scheme's own. */
export const originList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .refine(
    (origins) => (origins.includes('*') ? origins.length === 1 : origins.every(isOrigin)),
    'expected origins such as https://app.example separated by commas (no path, no slash at the end), or * alone',
  )
  .transform((origins) =>
    origins.map((origin) => (origin === '*' ? origin : new URL(origin).origin)),
  );

/** Some of these words, in any order, separated by commas. */
export function words<const Word extends string>(all: readonly Word[]) {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
    .pipe(z.array(z.enum(all, `expected some of ${all.join(', ')}, separated by commas`)));
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isOrigin(text: string): boolean {
  if (text.includes('*') || !URL.canParse(text)) return false;
  const { origin, protocol, href } = new URL(text);
  // A URL of nothing but an origin is written with a slash at its end.
  return ['http:', 'https:'].includes(protocol) && href === `${origin}/` && !text.endsWith('/');
}
