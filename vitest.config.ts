import { defineConfig } from 'vitest/config';

/** Starts servers, generators and namespaces, which share the machine's cores, so its files run one after another. */
const real = (name: string, directories: string) => ({
  test: {
    name,
    include: [`test/${directories}/**/*.test.ts`],
    globalSetup: ['test/support/build-native.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

/**
 * Six projects: `unit` is pure and runs in parallel; the others are real. They wait most of the time, so
 * scripts/test.ts runs them side by side.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{harness,scenarios,scripts,repository}/**/*.test.ts'],
          // They compute, while the others have the cores as well.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      real('servers', 'servers'),
      real('clients', 'clients'),
      real('system', 'system'),
      real('journal', 'journal'),
      real('hosts', 'hosts'),
    ],
  },
});
