import { defineScenario, type ConditionInput } from '../harness/core/scenario.ts';
import { roomy, servers } from './seed/sweeps.ts';

/** Most requests in flight; the accept queue holds them all, so that what is measured is queueing, not retransmission. */
const mostInFlight = 1000;

/** Where the capacity is measured: connections enough to keep a server busy, and too few to cost it throughput. */
const busy = 50;

/** With computation for each request a server takes a small part of what the load can make, so that it is the limit. */
const params = { ...roomy, 'work-us': 100 };

const shares = [50, 70, 90, 110];

const at = (arrivals: 'poisson' | 'constant', percent: number): ConditionInput => ({
  id: `${arrivals}-${percent}`,
  label: `${percent} %${arrivals === 'constant' ? ', constant' : ''}`,
  concurrencies: [mostInFlight],
  loadParams: { rate: `${percent}%`, arrivals },
  rateOf: 'capacity',
});

const place = (variant: string, percent: number) => ({
  variant,
  condition: `poisson-${percent}`,
  concurrencies: [mostInFlight],
});

const p99 = (id: string, what: string) => ({ id, what, figure: 'p99ResponseMs' as const });

/** How long answers take at a fixed rate, by how much of its capacity a server is asked for. */
export default defineScenario({
  name: 'latency',
  title: 'Response times at a fixed rate',
  question:
    'How long do answers take when requests come at a rate of their own, instead of waiting for the answers before them? Each server is asked for shares of what it serves in a closed loop, with random (Poisson) arrivals; a request takes 100 µs of computation.',
  variants: [
    { ...servers.serial, params },
    { ...servers.single, params },
    { ...servers.prefork2, params: { ...servers.prefork2.params, ...params } },
    { id: 'threads', label: 'threads', plugin: 'threads', params },
  ],
  baseline: 'serial',
  concurrencies: [busy, mostInFlight],
  conditions: [
    { id: 'capacity', label: 'closed loop', concurrencies: [busy] },
    ...shares.map((percent) => at('poisson', percent)),
    at('constant', 90),
  ],
  hosts: { tomCores: 1, jerryCores: 1, tomSysctls: { 'net.core.somaxconn': roomy.backlog } },
  plans: {
    full: { blocks: 5, windows: [{ fromConcurrency: 1, warmupMs: 500, windowMs: 2500 }], drainMs: 300 },
    quick: { blocks: 3, windows: [{ fromConcurrency: 1, warmupMs: 200, windowMs: 800 }], drainMs: 200 },
  },
  hypotheses: [
    {
      id: 'tail',
      question: 'L1',
      claim:
        'Whoever runs a server near its capacity pays with the slowest answers: at 90 % of it the 99th percentile of the response time is at least three times that at 50 %, for the serial server and for the pre-forked one.',
      source:
        'ours, from the queue with Poisson arrivals and constant service (M/D/1), where it is five times',
      tests: ['serial', 'prefork-2'].map((variant) => ({
        ...p99(variant, `${variant}: 99th percentile at 90 % of capacity over that at 50 %`),
        of: place(variant, 90),
        over: place(variant, 50),
        supports: { atLeast: 3 },
        refutes: { atMost: 2 },
      })),
      conclude: {
        supported:
          'Yes: at 90 % of its capacity the 99th percentile of the serial server is {serial} that at 50 %, and that of the pre-forked one {prefork-2}.',
        refuted:
          'Not here: at 90 % of its capacity the 99th percentile of the serial server is {serial} that at 50 %, and that of the pre-forked one {prefork-2}.',
        undecided:
          'Not decided: at 90 % of its capacity the 99th percentile of the serial server is {serial} that at 50 %, and that of the pre-forked one {prefork-2}.',
      },
      caveat:
        'M/D/1 knows only the queue: what a network, a kernel and a host that is shared add at both rates alike makes the ratio smaller.',
    },
    {
      id: 'arrivals',
      question: 'L2',
      claim:
        'Much of that is the randomness of arrivals: at 90 % of capacity constant arrivals leave the serial server at most two thirds of the 99th percentile that Poisson arrivals give it.',
      source:
        'ours, from the same theory: in a queue with constant arrivals and constant service nobody waits',
      tests: [
        {
          ...p99('ratio', 'serial at 90 % of capacity: 99th percentile with constant over that with Poisson'),
          of: { ...place('serial', 90), condition: 'constant-90' },
          over: place('serial', 90),
          supports: { atMost: 0.67 },
          refutes: { atLeast: 0.85 },
        },
      ],
      conclude: {
        supported:
          'Yes: with constant arrivals the 99th percentile is {ratio} of that with Poisson arrivals.',
        refuted:
          'No: with constant arrivals the 99th percentile is still {ratio} of that with Poisson arrivals, so something else makes answers slow.',
        undecided:
          'With constant arrivals the 99th percentile is {ratio} of that with Poisson arrivals: not decided.',
      },
    },
    {
      id: 'overload',
      question: 'L3',
      claim:
        'Overload costs response time and no throughput: asked for 110 % of its capacity the serial server still serves at least 0.95 of it.',
      source: 'ours: its accept queue holds all requests in flight, so that none is sent again',
      tests: [
        {
          id: 'kept',
          what: 'serial: throughput at 110 % over that in a closed loop',
          figure: 'requestsPerSecond',
          of: place('serial', 110),
          over: { variant: 'serial', condition: 'capacity', concurrencies: [busy] },
          supports: { atLeast: 0.95 },
          refutes: { atMost: 0.9 },
        },
      ],
      conclude: {
        supported: 'Yes: asked for 110 % of its capacity the serial server serves {kept} of it.',
        refuted: 'No: asked for 110 % of its capacity the serial server serves only {kept} of it.',
        undecided: 'Asked for 110 % of its capacity the serial server serves {kept} of it: not decided.',
      },
    },
  ],
});
