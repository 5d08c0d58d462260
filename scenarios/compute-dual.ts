import { defineScenario } from '../harness/core/scenario.ts';
import { computeSweep, twoOverOne, withWork } from './seed/compute.ts';

/** Work for each request, on two cores. Where there are only two, the load has to share one of them. */
export default defineScenario({
  ...computeSweep,
  name: 'compute-dual',
  title: 'Computation for each request, on two cores',
  question:
    'From how much computation for each request does a second worker pay on two cores? On a machine of two, the load shares one of them: with 5 ms of work for each request it needs a few hundredths of it.',
  hosts: { tomCores: 2, jerryCores: 1 },
  hypotheses: [
    {
      id: 'two-cores',
      question: 'A1',
      claim: 'On two cores a second worker helps.',
      source: 'the note, its first answer',
      tests: [
        {
          id: 'heavy',
          ...twoOverOne(5000),
          supports: { atLeast: 1.5 },
          refutes: { atMost: 1.2 },
        },
        {
          id: 'room',
          what: 'with 2 workers and 5 ms of work: share of a core that the load used',
          figure: 'loadCpuShare',
          of: withWork('prefork-2', 5000),
          supports: { atMost: 0.1 },
          refutes: { atLeast: 0.3 },
        },
      ],
      onSeed: [
        {
          id: 'seed',
          what: 'prefork at 200 clients on two cores: 2 workers over 1',
          table: 'dual-core',
          of: { variant: 'epoll-prefork-2', concurrency: 200 },
          over: { variant: 'epoll-prefork-1', concurrency: 200 },
          supports: { atLeast: 1.5 },
          refutes: { atMost: 1.2 },
        },
      ],
      conclude: {
        supported:
          'On two cores a second worker brings {heavy} of the throughput where a request takes 5 ms of computation.',
        refuted:
          'On two cores a second worker brings no more than {heavy} of the throughput, even where a request takes 5 ms of computation.',
        undecided:
          'On two cores a second worker brings {heavy} of the throughput where a request takes 5 ms of computation: not decided.',
      },
      caveat:
        'On a larger machine the load has a core of its own: npx tsx harness/run.ts --scenario compute-dual.',
    },
    {
      id: 'too-little-work',
      question: 'A2',
      claim:
        'Without computation for each request a second worker gains little even on two cores; with 200 µs of it, much.',
      source: 'the note, its second answer',
      tests: [
        {
          id: 'none',
          ...twoOverOne(0),
          supports: { atMost: 1.2 },
          refutes: { atLeast: 1.35 },
        },
        {
          id: 'some',
          ...twoOverOne(200),
          supports: { atLeast: 1.35 },
          refutes: { atMost: 1.2 },
        },
      ],
      conclude: {
        supported:
          'A second worker brings {none} of the throughput without computation, {some} where a request takes 200 µs of it.',
        refuted:
          'Not as claimed: a second worker brings {none} of the throughput without computation, {some} where a request takes 200 µs of it.',
        undecided:
          'A second worker brings {none} of the throughput without computation, {some} where a request takes 200 µs of it: not decided.',
      },
      caveat:
        'Without computation the load takes much of the core that it shares with the server here, so the first figure is a lower bound.',
    },
  ],
});
