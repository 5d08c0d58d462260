import { defineScenario } from '../harness/core/scenario.ts';
import { computeSweep, twoOverOne, withWork } from './seed/compute.ts';
import { sweepPlans } from './seed/sweeps.ts';

const pays = { supports: { atLeast: 1.2 }, refutes: { atMost: 1.1 } };
const gainsLittle = { supports: { atMost: 1.2 }, refutes: { atLeast: 1.35 } };

/** Work for each request, on two cores. Where there are only two, the load has to share one of them. */
export default defineScenario({
  ...computeSweep,
  name: 'compute-dual',
  title: 'Computation for each request, on two cores',
  question:
    'From how much computation for each request does a second worker pay on two cores? On a machine of two, the load shares one of them: with 5 ms of work for each request it needs a few hundredths of it.',
  hosts: { tomCores: 2, jerryCores: 1 },
  plans: sweepPlans(2000, 8),
  hypotheses: [
    {
      id: 'two-cores',
      question: 'A1',
      claim: 'On two cores a second worker helps: by a fifth and more where there is enough to compute.',
      source: 'the note, its first answer',
      tests: [
        {
          id: 'heavy',
          ...twoOverOne(5000),
          ...pays,
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
          ...pays,
        },
        ...[2000, 2500, 3000].map((concurrency) => ({
          id: `seed-${concurrency}`,
          what: `prefork at ${concurrency} clients on two cores: 2 workers over 1`,
          table: 'dual-core' as const,
          of: { variant: 'epoll-prefork-2', concurrency },
          over: { variant: 'epoll-prefork-1', concurrency },
          ...pays,
        })),
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
      claim: 'Without computation for each request a second worker gains little even on two cores.',
      source: 'the note, its second answer',
      tests: [
        {
          id: 'none',
          ...twoOverOne(0),
          ...gainsLittle,
        },
      ],
      onSeed: [10, 50, 200].map((concurrency) => ({
        id: `seed-${concurrency}`,
        what: `prefork at ${concurrency} clients on two cores: 2 workers over 1`,
        table: 'dual-core' as const,
        of: { variant: 'epoll-prefork-2', concurrency },
        over: { variant: 'epoll-prefork-1', concurrency },
        ...gainsLittle,
      })),
      conclude: {
        supported: 'Without computation it gains little: a second worker brings {none} of the throughput.',
        refuted: 'It pays without any computation: a second worker brings {none} of the throughput then.',
        undecided: 'Without computation a second worker brings {none} of the throughput: not decided.',
      },
      caveat:
        'Without computation the load takes much of the core that it shares with the server here, so the figure is a lower bound.',
    },
    {
      id: 'pays-from',
      question: 'A2',
      claim: 'From 200 µs of computation for each request on a second worker pays on two cores.',
      source: 'ours, from an earlier run',
      tests: [
        { id: 'some', ...twoOverOne(200), ...pays },
        { id: 'more', ...twoOverOne(1000), ...pays },
        { id: 'most', ...twoOverOne(5000), ...pays },
      ],
      conclude: {
        supported:
          'From 200 µs on at the latest: a second worker brings {some} of the throughput there, {more} at 1 ms, {most} at 5 ms.',
        refuted: 'Not from 200 µs on: a second worker brings {some} there, {more} at 1 ms, {most} at 5 ms.',
        undecided:
          'A second worker brings {some} of the throughput at 200 µs, {more} at 1 ms, {most} at 5 ms: not decided.',
      },
    },
  ],
});
