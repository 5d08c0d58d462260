import { defineScenario } from '../harness/core/scenario.ts';
import { computeSweep, twoOverOne } from './seed/compute.ts';

/** Work for each request, on one core. */
export default defineScenario({
  ...computeSweep,
  name: 'compute',
  title: 'Computation for each request, on one core',
  question:
    'How do serial and pre-forked servers compare when each request takes some computation, on one core?',
  hosts: { tomCores: 1, jerryCores: 1 },
  hypotheses: [
    {
      id: 'one-core',
      question: 'A1',
      claim: 'On one core a second worker does not help, whatever there is to compute.',
      source: 'the note, its first answer',
      tests: [
        {
          id: 'light',
          ...twoOverOne(0),
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.15 },
        },
        {
          id: 'heavy',
          ...twoOverOne(1000),
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.15 },
        },
      ],
      onSeed: [
        {
          id: 'seed',
          what: 'prefork at 1000 clients: 2 workers over 1',
          table: 'single-core',
          of: { variant: 'epoll-prefork-2', concurrency: 1000 },
          over: { variant: 'epoll-prefork-1', concurrency: 1000 },
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.15 },
        },
      ],
      conclude: {
        supported:
          'On one core a second worker brings {light} of the throughput without computation and {heavy} with 1 ms of it: nothing.',
        refuted:
          'On one core a second worker brings {light} of the throughput without computation and {heavy} with 1 ms of it: not nothing.',
        undecided:
          'On one core a second worker brings {light} of the throughput without computation and {heavy} with 1 ms of it: not decided.',
      },
    },
  ],
});
