import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` is pure and runs in parallel; `real` starts servers, generators and namespaces, which
 * share the machine's cores and ports, so its files run one after another.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/{harness,scenarios,scripts,repository}/**/*.test.ts'] },
      },
      {
        test: {
          name: 'real',
          include: ['test/{servers,clients,system}/**/*.test.ts'],
          globalSetup: ['test/support/build-native.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
