import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that start processes and look at the clock: one at a time, with the machine to themselves. */
const SYSTEM = [
  'app/cli/{any-model,cli,models,score-files}.test.ts',
  'test/contract/schemathesis.test.ts',
  'test/examples.test.ts',
  'test/integration/**/*.test.ts',
  'test/observability/**/*.test.ts',
  'test/stack/**/*.test.ts',
];

/**
 * What needs minutes or a quiet machine, `npm run test:live`: the whole watch alive with every alert made
 * to fire, and the load generator held against servers of known delays.
 */
const LIVE = ['generator/truth.test.ts', 'test/monitoring/live.test.ts'];

const common = {
  globalSetup: 'test/testing/global-setup.ts',
  environment: 'node',
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          // `npm test` runs both, one after the other, whatever the first says.
          sequence: { groupOrder: 0 },
          include: ['{app,bench,generator,grafana,scripts,test,tools}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...SYSTEM, ...LIVE],
        },
      },
      {
        test: {
          ...common,
          name: 'system',
          sequence: { groupOrder: 1 },
          include: SYSTEM,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...common,
          name: 'live',
          sequence: { groupOrder: 2 },
          include: LIVE,
          fileParallelism: false,
        },
      },
    ],
  },
});
