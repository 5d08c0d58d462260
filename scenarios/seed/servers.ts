import type { ScenarioInput } from '../../harness/core/scenario.ts';

/** What both tests of the seed experiment have in common: its three servers, its concurrencies, its load. */
export const seedExperiment = {
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial' },
    {
      id: 'epoll-prefork-1',
      label: 'epoll-prefork (1 worker)',
      plugin: 'epoll-prefork',
      params: { workers: 1 },
    },
    {
      id: 'epoll-prefork-2',
      label: 'epoll-prefork (2 workers)',
      plugin: 'epoll-prefork',
      params: { workers: 2 },
    },
  ],
  baseline: 'blocking-serial',
  concurrencies: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 2500, 3000],
  plans: {
    // From concurrency 10 on the accept queue overflows (backlog 5): a client in back-off comes again after 1, 3 or
    // 7 seconds, so shorter windows would not see it return.
    full: {
      blocks: 5,
      windows: [
        { fromConcurrency: 1, warmupMs: 500, warmupLimitMs: 2000, windowMs: 2000, overflowWindowMs: 8000 },
        { fromConcurrency: 10, warmupMs: 500, warmupLimitMs: 2000, windowMs: 8000 },
      ],
      drainMs: 200,
    },
    quick: {
      // Three are the fewest that give an interval of any use.
      blocks: 3,
      windows: [{ fromConcurrency: 1, warmupMs: 150, windowMs: 600 }],
      drainMs: 100,
      traced: { warmupMs: 100, windowMs: 200 },
      budgetMs: 178_000,
    },
    // `webbench -t 30 -c N`, once for each cell.
    seed: { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 30_000 }], drainMs: 0 },
  },
  traced: { concurrencies: [5, 10, 50], warmupMs: 200, windowMs: 1500 },
} satisfies Partial<ScenarioInput>;
