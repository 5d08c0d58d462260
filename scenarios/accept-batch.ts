import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers, sweepPlans } from './seed/sweeps.ts';

/** How many connections a server accepts before it does anything else. */
export default defineScenario({
  name: 'accept-batch',
  title: 'How many connections are accepted at a time',
  question:
    'A worker accepts at most so many connections for each notice (100 in the seed experiment). Does it matter how many, with a short queue and with a long one?',
  variants: [servers.single, servers.prefork1],
  baseline: 'single',
  concurrencies: [50, 1000],
  conditions: sweep([
    { name: 'accept-batch', of: 'server', values: [1, 2, 10, 100] },
    { name: 'backlog', of: 'server', values: [5, 4096] },
  ]),
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(1500),
});
