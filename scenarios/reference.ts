import { defineScenario } from '../harness/core/scenario.ts';

/** The same queue for everybody, so that servers are compared and not backlogs. */
const backlog = 511;

/** Our servers beside one that everybody knows; servers of one's own are best measured here. */
export default defineScenario({
  name: 'reference',
  title: 'Our servers beside nginx on one core',
  question:
    'How far are the servers of this project from one that is in use everywhere? The best of them should serve 1.25 times as many short connections per core as nginx.',
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
    { id: 'epoll-single', label: 'epoll-single', plugin: 'epoll-single', params: { backlog } },
    {
      id: 'epoll-single-deferred',
      label: 'epoll-single, accepts deferred',
      plugin: 'epoll-single',
      params: { backlog, 'defer-accept': 1 },
    },
    {
      id: 'epoll-shared-2',
      label: 'epoll-shared (2 workers, exclusive)',
      plugin: 'epoll-shared',
      params: { workers: 2, backlog, exclusive: true },
    },
    {
      id: 'epoll-shared-2-herd',
      label: 'epoll-shared (2 workers, all are woken)',
      plugin: 'epoll-shared',
      params: { workers: 2, backlog, exclusive: false },
    },
    {
      id: 'epoll-reuseport-2',
      label: 'epoll-reuseport (2 workers)',
      plugin: 'epoll-reuseport',
      params: { workers: 2, backlog },
    },
    { id: 'threads-2', label: 'threads (2)', plugin: 'threads', params: { workers: 2, backlog } },
  ],
  baseline: 'nginx-1',
  concurrencies: [1, 10, 50, 1000],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: {
    full: {
      blocks: 5,
      windows: [
        { fromConcurrency: 1, warmupMs: 500, warmupLimitMs: 2000, windowMs: 3000, overflowWindowMs: 8000 },
        // From here on queues overflow: a client in back-off comes again after 1, 3 or 7 seconds.
        { fromConcurrency: 1000, warmupMs: 1000, warmupLimitMs: 3000, windowMs: 10_000 },
      ],
      drainMs: 300,
    },
    quick: {
      blocks: 3,
      windows: [{ fromConcurrency: 1, warmupMs: 250, windowMs: 1200 }],
      drainMs: 100,
      traced: { warmupMs: 100, windowMs: 300 },
      budgetMs: 178_000,
    },
  },
  traced: { concurrencies: [10], variants: ['nginx-1', 'epoll-single'], warmupMs: 200, windowMs: 1500 },
});
