import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { roomy, servers, sweepPlans } from './seed/sweeps.ts';

const at = (variant: string, requests: number) => ({
  variant,
  condition: `requests-per-connection-${requests}`,
  concurrencies: [100],
});

/** The CPU time of a request on a connection that carries a hundred, over that of one with a connection of its own. */
const costOf = (id: string, variant: string, label: string) => ({
  id,
  what: `${label}, 100 connections: 100 requests on each connection over one`,
  figure: 'serverCpuUsPerRequest' as const,
  of: at(variant, 100),
  over: at(variant, 1),
  supports: { atMost: 0.33 },
  refutes: { atLeast: 0.5 },
});

/** What a connection costs, told from what a request costs. */
export default defineScenario({
  name: 'keep-alive',
  title: 'Several requests on a connection',
  question:
    'The seed experiment opens a connection for each request, so that what it measures of a server is mostly the price of connections. What do the same servers do where a connection carries 1, 2, 10 or 100 requests?',
  variants: [servers.serial, servers.single, servers.prefork2],
  baseline: 'serial',
  concurrencies: [10, 100],
  conditions: sweep([{ name: 'requests-per-connection', of: ['server', 'load'], values: [1, 2, 10, 100] }], {
    variantParams: roomy,
  }),
  // What the load can do depends on how many requests it sends on a connection, and one ceiling would stand for all.
  ceiling: false,
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(1500, 4),
  hypotheses: [
    {
      id: 'connection-cost',
      question: 'keep-alive',
      claim:
        'A connection costs several times what a request costs: with 100 requests on a connection, a request takes the server at most a third of its CPU time.',
      source: 'ours',
      tests: [
        costOf('serial', 'serial', 'blocking-serial'),
        costOf('single', 'single', 'epoll-single'),
        costOf('prefork', 'prefork-2', 'epoll-prefork with 2 workers'),
      ],
      conclude: {
        supported:
          'A connection costs more than a request: where it carries 100 of them, each takes {serial} of the CPU time on blocking-serial, {single} on epoll-single and {prefork} on epoll-prefork.',
        refuted:
          'Not as claimed: where a connection carries 100 requests, each takes {serial} of the CPU time on blocking-serial, {single} on epoll-single and {prefork} on epoll-prefork.',
        undecided:
          'Where a connection carries 100 requests, each takes {serial} of the CPU time on blocking-serial, {single} on epoll-single and {prefork} on epoll-prefork: not decided.',
      },
    },
  ],
});
