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
 * Three projects: `unit` is pure and runs in parallel; the other two are real. `system` starts whole runs of the
 * harness, which wait most of the time, so scripts/test.ts runs it beside the others.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/{harness,scenarios,scripts,repository}/**/*.test.ts'] },
      },
      real('programs', '{servers,clients}'),
      real('system', 'system'),
    ],
  },
});
