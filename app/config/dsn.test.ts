import { makeDsn } from '@sentry/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isDsn } from './dsn.js';

const KEY = '0f3a9c77b1d24e5f8a6b';

describe('isDsn', () => {
  // The client prints what it refuses.
  const stderr = vi.spyOn(console, 'error');
  beforeAll(() => {
    stderr.mockImplementation(() => undefined);
  });
  afterAll(() => stderr.mockRestore());

  it.each([
    [`https://${KEY}@o1.ingest.sentry.io/42`, true],
    [`http://${KEY}:pass@sentry.example:9000/prefix/7`, true],
    [`https://${KEY}:@[::1]:9000/1`, true],
    ['https://sentry.example/42', false],
    [`https://${KEY}@sentry.example`, false],
    [`https://${KEY}@sentry.example/`, false],
    [`https://${KEY}@sentry.example/project`, false],
    [`https://${KEY}@sentry.example/42/`, false],
    [`ftp://${KEY}@sentry.example/42`, false],
    [`https://${KEY}@:9000/42`, false],
    [`https://:pass@sentry.example/42`, false],
    [`https://ключ@sentry.example/42`, false],
    [`//${KEY}@sentry.example/42`, false],
    ['', false],
  ])('judges %j as the client does', (dsn, good) => {
    expect(isDsn(dsn)).toBe(good);
    expect(makeDsn(dsn) !== undefined).toBe(good);
  });

  it('refuses a port that no URL can have, with which the client sends nothing', () => {
    expect(isDsn(`https://${KEY}@sentry.example:99999/42`)).toBe(false);
  });

  it('takes nothing that the client refuses, whatever is put together', () => {
    const part = fc.constantFrom(
      ...['https', 'http', 'ftp', ':', '//', '/', '@', KEY, 'host', '.', '42', '7x', '[::1]'],
      ...['%', ' ', '?', '#', '-', 'é', '\n', ':80'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        for (const text of [parts.join(''), `https://${KEY}@${parts.join('')}`]) {
          if (isDsn(text) !== (makeDsn(text) !== undefined)) return !URL.canParse(text);
        }
        return true;
      }),
      { numRuns: 20_000 },
    );
  });
});
