import { defineScenario } from '../harness/core/scenario.ts';

/** The same queue for everybody, so that servers are compared and not backlogs. */
const backlog = 511;

/** Our servers beside one that everybody knows; servers of one's own are best measured here. */
export default defineScenario({
  name: 'reference',
  title: 'Our servers beside nginx on one core',
  question: 'How far are the servers of this project from one that is in use everywhere?',
  variants: [
    {
      id: 'nginx-1',
      label: 'nginx (1 worker)',
      plugin: 'nginx',
      params: { workers: 1, backlog },
      optional: true,
    },
    {
      id: 'nginx-2',
      label: 'nginx (2 workers)',
      plugin: 'nginx',
      params: { workers: 2, backlog },
      optional: true,
    },
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog } },
    {
      id: 'epoll-prefork-1',
      label: 'epoll-prefork (1 worker)',
      plugin: 'epoll-prefork',
      params: { workers: 1, backlog },
    },
    {
      id: 'epoll-prefork-2',
      label: 'epoll-prefork (2 workers)',
      plugin: 'epoll-prefork',
      params: { workers: 2, backlog },
    },
  ],
  baseline: 'nginx-1',
  concurrencies: [1, 10, 50, 200, 1000],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: {
    full: {
      blocks: 5,
      windows: [
        { fromConcurrency: 1, warmupMs: 500, windowMs: 3000 },
        // From here on queues overflow: a client in back-off comes again after 1, 3 or 7 seconds.
        { fromConcurrency: 1000, warmupMs: 1000, windowMs: 10_000 },
      ],
      drainMs: 300,
    },
    quick: {
      blocks: 3,
      windows: [{ fromConcurrency: 1, warmupMs: 250, windowMs: 1200 }],
      drainMs: 100,
      budgetMs: 178_000,
    },
  },
  traced: { concurrencies: [10], warmupMs: 200, windowMs: 1500 },
});
