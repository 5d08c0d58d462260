import { defineScenario } from '../harness/core/scenario.ts';
import { controls, notTheCause } from './seed/full-queue-controls.ts';

/**
 * From 10 clients on, where the server of the seed fell, windows as long as its runs were: what waits for a third SYN-ACK,
 * after 7 s, does not show in 3 s.
 */
const plan = {
  blocks: 6,
  windows: [
    { fromConcurrency: 1, warmupMs: 300, windowMs: 3000 },
    { fromConcurrency: 10, warmupMs: 300, windowMs: 10_000 },
    { fromConcurrency: 1000, warmupMs: 300, windowMs: 8000 },
  ],
  drainMs: 100,
};

/** What else the seed's server may have fallen for: everything about it that is known and can be had here. */
export default defineScenario({
  name: 'circumstances',
  title: 'A serial server with a backlog of 5 under the circumstances of the seed experiment',
  question:
    'Is it the speed of the server, the length of the link, the generator or the timers of its kernel, that made the server of the seed fall at 10 clients?',
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog: 5 } },
  ],
  baseline: 'blocking-serial',
  concurrencies: [5, 10, 20, 1000],
  conditions: [
    {
      id: 'as-in-the-seed',
      label: 'backlog 5, as in the seed experiment',
      concurrencies: [5, 10, 20, 1000],
    },
    ...controls,
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  ceiling: false,
  plans: { full: plan, quick: { ...plan, blocks: 3 } },
  hypotheses: notTheCause,
});
