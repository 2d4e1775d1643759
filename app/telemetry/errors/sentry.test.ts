import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, it, vi } from 'vitest';
import { createErrorReporter } from './sentry.js';

afterEach(() => vi.restoreAllMocks());

it('a report enters no AsyncLocalStorage, which would make every later request dearer', async () => {
  const run = vi.spyOn(AsyncLocalStorage.prototype, 'run');
  const enterWith = vi.spyOn(AsyncLocalStorage.prototype, 'enterWith');
  const fates: string[] = [];
  const reporter = await createErrorReporter({
    // Nobody listens on the discard port; that the event was sent off is enough.
    dsn: 'http://key@127.0.0.1:9/1',
    environment: 'test',
    release: 'regno@test',
    tags: {},
    onEvent: (fate) => fates.push(fate),
    redact: (text) => text,
  });
  reporter.report(new Error('outer', { cause: new Error('inner') }), { kind: 'unexpected' });
  await reporter.flush(2000);
  expect(fates).toEqual(['dropped']);
  expect(run).not.toHaveBeenCalled();
  expect(enterWith).not.toHaveBeenCalled();
});
