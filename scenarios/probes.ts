import { defineScenario } from '../harness/core/scenario.ts';

const windows = [{ fromConcurrency: 1, warmupMs: 300, windowMs: 1500 }];

/** What the probes that always watch cost the servers that they watch. */
export default defineScenario({
  name: 'probes',
  title: 'What watching costs',
  question:
    'How much throughput do the probes take from a server that they watch? The upper end of the interval of the loss should be at most 2 %, the harness under 3 % of one core.',
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog: 4096 } },
    {
      id: 'epoll-prefork-2',
      label: 'epoll-prefork (2 workers)',
      plugin: 'epoll-prefork',
      params: { workers: 2, backlog: 4096 },
    },
  ],
  baseline: 'blocking-serial',
  concurrencies: [50, 1000],
  conditions: [
    { id: 'unwatched', label: 'no probe', probes: [] },
    { id: 'watched', label: 'all that always watch' },
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  ceiling: false,
  plans: {
    full: { blocks: 40, windows, drainMs: 200 },
    quick: { blocks: 8, windows, drainMs: 200 },
  },
});
