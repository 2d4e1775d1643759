import { defineConfig } from 'vitest/config';

/** Faults take minutes and want the machine to themselves: they are no part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/faults/**/*.faults.ts'],
    globalSetup: 'test/testing/global-setup.ts',
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
