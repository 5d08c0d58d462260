import { defineScenario } from '../harness/core/scenario.ts';

const place = (condition: string) => ({ variant: 'sink', condition, concurrencies: [50] });

/** Whether our generators keep a rate near the most that they can make, and how punctually. */
export default defineScenario({
  name: 'fixed-rate',
  title: 'A fixed rate near the ceiling',
  question:
    'Can our generators keep 95 % of the rate that they reach in a closed loop, and start each request within a millisecond of its time? They load the cheapest server that can be written.',
  variants: [{ id: 'sink', label: 'sink', plugin: 'sink', params: { backlog: 16_384 } }],
  baseline: 'sink',
  loads: [{ id: 'uring' }, { id: 'epoll' }],
  concurrencies: [50],
  conditions: [
    { id: 'closed', label: 'closed loop' },
    { id: 'at-50', label: '50 %', loadParams: { rate: '50%' }, rateOf: 'closed' },
    { id: 'at-95', label: '95 %', loadParams: { rate: '95%' }, rateOf: 'closed' },
  ],
  hosts: { tomCores: 1, jerryCores: 1, tomSysctls: { 'net.core.somaxconn': 16_384 } },
  // It is the sink that a ceiling is measured against.
  ceiling: false,
  plans: {
    full: { blocks: 5, windows: [{ fromConcurrency: 1, warmupMs: 500, windowMs: 5000 }], drainMs: 300 },
    quick: { blocks: 5, windows: [{ fromConcurrency: 1, warmupMs: 500, windowMs: 1500 }], drainMs: 200 },
  },
  hypotheses: [
    {
      id: 'kept',
      question: 'G1',
      claim:
        'The generator keeps 95 % of its closed-loop rate, and starts 99 of 100 requests that find a free connection within a millisecond of their time.',
      source: 'ours, as what makes response times at a fixed rate worth believing',
      tests: [
        {
          id: 'served',
          what: 'answers per second over those of the closed loop, asked for 0.95',
          figure: 'requestsPerSecond',
          of: place('at-95'),
          over: place('closed'),
          supports: { atLeast: 0.94 },
          refutes: { atMost: 0.93 },
        },
        {
          id: 'error',
          what: "99th percentile of the schedule's error, in milliseconds",
          figure: 'scheduleErrorP99Ms',
          of: place('at-95'),
          supports: { atMost: 1 },
          refutes: { atLeast: 1.2 },
        },
      ],
      conclude: {
        supported:
          'Yes: it makes {served} of its closed-loop rate, and 99 of 100 requests start within {error} of their time.',
        refuted:
          'No: it makes {served} of its closed-loop rate, and 99 of 100 requests start within {error} of their time.',
        undecided:
          'Not decided: it makes {served} of its closed-loop rate, and 99 of 100 requests start within {error} of their time.',
      },
      caveat:
        'Where the sink and not the generator is the limit of the closed loop, the rate is the share of what the sink serves.',
    },
  ],
});
