import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers } from './seed/sweeps.ts';

const few = [1, 2, 5];
const many = [10, 50, 200];
const crowd = 1000;
/** Several, since a single cell of these varies much from block to block. */
const toldAt = [5, 10, 50];
const prefork = (workers: number, ...concurrencies: number[]) => ({
  variant: 'prefork',
  condition: `workers-${workers}`,
  concurrencies,
});
/** With a parent that is told of arrivals once, and workers that take all who wait. */
const toldOnce = (workers: number, ...concurrencies: number[]) => ({
  variant: 'prefork',
  condition: `told-once-${workers}`,
  concurrencies,
});
const control = (variant: string, ...concurrencies: number[]) => ({
  variant,
  condition: 'one-process',
  concurrencies,
});

const nothing = { supports: { atMost: 1.1 }, refutes: { atLeast: 1.2 } };

/** Where clients back off, a window that holds several of their timers. */
const windows = (windowMs: number, crowdMs: number) => [
  { fromConcurrency: 1, warmupMs: 400, windowMs },
  { fromConcurrency: crowd, warmupMs: 400, windowMs: crowdMs },
];

/** One to eight workers on one core, and two servers of one process beside them, with the backlog of the seed. */
export default defineScenario({
  name: 'workers',
  title: 'The number of workers, on one core',
  question:
    'How many workers should a pre-forked server have on one core, how does it compare with a serial server below the fall and what does its parent cost, and does a single process with epoll bear many clients as well?',
  variants: [servers.serial, servers.single, servers.prefork],
  baseline: 'serial',
  concurrencies: [...few, ...many, crowd],
  conditions: [
    {
      id: 'one-process',
      label: 'one process',
      factors: { workers: 'none' },
      variants: ['serial', 'single'],
      concurrencies: [...few, ...many, crowd],
    },
    ...sweep([{ name: 'workers', of: 'server', values: [1, 2, 4, 8] }], {
      variants: ['prefork'],
      concurrencies: [...few, ...many],
    }),
    ...[1, 2].map((workers) => ({
      id: `told-once-${workers}`,
      label: `${workers === 1 ? 'one worker' : 'two workers'}, the parent told once (edge-triggered), up to 100 accepts for a notice`,
      factors: { workers: `${workers}, told once` },
      variants: ['prefork'],
      concurrencies: toldAt,
      variantParams: { workers, 'listen-trigger': 'edge', 'accept-batch': 100 },
    })),
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: {
    full: { blocks: 6, windows: windows(1300, 8000), drainMs: 200 },
    quick: { blocks: 3, windows: windows(500, 2000), drainMs: 200 },
  },
  hypotheses: [
    {
      id: 'alike-below',
      question: 'P2',
      claim:
        'Below the fall, at 1 to 5 clients, the serial and the pre-forked server are about as fast: within 15 %.',
      source: 'the note, phenomenon 2',
      tests: [
        {
          id: 'ratio',
          what: 'at 1 to 5 clients: prefork with 1 worker over serial',
          figure: 'requestsPerSecond',
          of: prefork(1, ...few),
          over: control('serial', ...few),
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.8 },
        },
        {
          id: 'ahead',
          what: 'the same, from the other side',
          figure: 'requestsPerSecond',
          of: prefork(1, ...few),
          over: control('serial', ...few),
          supports: { atMost: 1.15 },
          refutes: { atLeast: 1.2 },
        },
      ],
      onSeed: [1, 2, 5].map((concurrency) => ({
        id: `seed-${concurrency}`,
        what: `prefork with 1 worker over serial, ${concurrency} clients`,
        table: 'single-core' as const,
        of: { variant: 'epoll-prefork-1', concurrency },
        over: { variant: 'blocking-serial', concurrency },
        supports: { atLeast: 0.85 },
        refutes: { atMost: 0.8 },
      })),
      conclude: {
        supported:
          'They are: at 1 to 5 clients the pre-forked server with one worker reaches {ratio} of the serial one.',
        refuted:
          'They are not: at 1 to 5 clients the pre-forked server with one worker reaches {ratio} of the serial one (seed: {seed-1} at 1, {seed-2} at 2, {seed-5} at 5 clients).',
        undecided:
          'At 1 to 5 clients the pre-forked server with one worker reaches {ratio} of the serial one: not decided.',
      },
    },
    {
      id: 'parent-takes-the-core',
      question: 'P2',
      claim:
        'What the pre-forked server lacks on one core its parent takes: told of a waiting connection again and again (level-triggered), it wakes and sends notices until somebody accepts. Told once, with a worker that takes all who wait, the server comes to at least three fifths of one without a parent.',
      source: 'ours, from an earlier run of the scenario hazards',
      tests: [
        {
          id: 'parent',
          what: 'prefork with 1 worker at 5 clients: share of the core that the parent takes',
          figure: 'parentCpuShare',
          of: prefork(1, 5),
          supports: { atLeast: 0.3 },
          refutes: { atMost: 0.15 },
        },
        {
          id: 'back',
          what: 'prefork with 1 worker at 5 to 50 clients: throughput with the parent told once over that without',
          figure: 'requestsPerSecond',
          of: toldOnce(1, ...toldAt),
          over: prefork(1, ...toldAt),
          supports: { atLeast: 1.3 },
          refutes: { atMost: 1.1 },
        },
        {
          id: 'single',
          what: 'the parent told once, 5 to 50 clients: prefork with 1 worker over epoll in one process',
          figure: 'requestsPerSecond',
          of: toldOnce(1, ...toldAt),
          over: control('single', ...toldAt),
          supports: { atLeast: 0.6 },
          refutes: { atMost: 0.5 },
        },
      ],
      conclude: {
        supported:
          'It is mostly its parent that costs it: level-triggered, the parent takes {parent} of the core at 5 clients. Told once, the server has {back} of that throughput at 5 to 50 clients, {single} of what a single process with epoll has.',
        refuted:
          'Not the parent alone: at 5 clients it takes {parent} of the core; told once, the server has {back} of the throughput at 5 to 50 clients, {single} of what a single process with epoll has.',
        undecided:
          'At 5 clients the parent takes {parent} of the core; told once, the server has {back} of the throughput at 5 to 50 clients, {single} of what a single process with epoll has: not decided.',
      },
    },
    {
      id: 'epoll-alone',
      question: 'A3',
      claim:
        'What bears many clients is epoll, not the second process: a server of one process with epoll keeps its throughput at 1000 clients, the backlog of 5 overflowing, where a serial one loses it.',
      source: 'the control that the note lacks',
      tests: [
        {
          id: 'keeps',
          what: 'epoll, one process: throughput at 1000 clients over that at 5',
          figure: 'requestsPerSecond',
          of: control('single', crowd),
          over: control('single', 5),
          supports: { atLeast: 0.8 },
          refutes: { atMost: 0.7 },
        },
        {
          id: 'overflows',
          what: 'epoll, one process, at 1000 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: control('single', crowd),
          supports: { atLeast: 0.001 },
          refutes: { atMost: 0.0001 },
        },
        {
          id: 'better',
          what: 'at 1000 clients: epoll in one process over serial',
          figure: 'requestsPerSecond',
          of: control('single', crowd),
          over: control('serial', crowd),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 0.95 },
        },
      ],
      onSeed: [10, 200, 1000].map((concurrency) => ({
        id: `seed-${concurrency}`,
        what: `prefork with 1 worker: ${concurrency} clients over 5`,
        table: 'single-core' as const,
        of: { variant: 'epoll-prefork-1', concurrency },
        over: { variant: 'epoll-prefork-1', concurrency: 5 },
        supports: { atLeast: 0.8 },
        refutes: { atMost: 0.7 },
      })),
      conclude: {
        supported:
          'A single process with epoll bears them too: at 1000 clients it keeps {keeps} of its throughput while its queue overflows, {better} of the serial server. No second process is needed for that.',
        refuted:
          'A single process with epoll does not show it: at 1000 clients it keeps {keeps} of its throughput, {better} of the serial server.',
        undecided:
          'At 1000 clients a single process with epoll keeps {keeps} of its throughput, {better} of the serial server: not decided.',
      },
    },
    {
      id: 'more-workers',
      question: 'A1',
      claim: 'On one core more workers do not help.',
      source: 'the note, its first answer',
      tests: [
        {
          id: 'eight',
          what: 'prefork at 10 to 200 clients: 8 workers over 1',
          figure: 'requestsPerSecond',
          of: prefork(8, ...many),
          over: prefork(1, ...many),
          ...nothing,
        },
        {
          id: 'two',
          what: 'prefork at 10 to 200 clients: 2 workers over 1',
          figure: 'requestsPerSecond',
          of: prefork(2, ...many),
          over: prefork(1, ...many),
          ...nothing,
        },
      ],
      onSeed: [10, 50, 200].map((concurrency) => ({
        id: `seed-${concurrency}`,
        what: `prefork at ${concurrency} clients: 2 workers over 1`,
        table: 'single-core' as const,
        of: { variant: 'epoll-prefork-2', concurrency },
        over: { variant: 'epoll-prefork-1', concurrency },
        ...nothing,
      })),
      conclude: {
        supported: 'On one core two workers have {two}, eight {eight} of the throughput of one.',
        refuted:
          'On one core they do help here: two workers have {two}, eight {eight} of the throughput of one.',
        undecided: 'On one core two workers have {two}, eight {eight} of the throughput of one: not decided.',
      },
    },
    {
      id: 'against-the-parent',
      question: 'A1',
      claim:
        'Where more workers help on one core, they take it from a parent that is told again and again: told once, a second worker brings nothing.',
      source: 'ours: three processes that always want to run share a core in thirds, two in halves',
      tests: [
        {
          id: 'told-once',
          what: 'the parent told once, 5 to 50 clients: 2 workers over 1',
          figure: 'requestsPerSecond',
          of: toldOnce(2, ...toldAt),
          over: toldOnce(1, ...toldAt),
          ...nothing,
        },
        {
          id: 'less-parent',
          what: "the parent's share of the core at 10 to 200 clients: with 8 workers over with 1",
          figure: 'parentCpuShare',
          of: prefork(8, ...many),
          over: prefork(1, ...many),
          supports: { atMost: 0.85 },
          refutes: { atLeast: 0.95 },
        },
      ],
      conclude: {
        supported:
          'They take it from the parent: with eight workers its share of the core is {less-parent} of that with one; where it is told once a second worker brings {told-once}.',
        refuted:
          'Not only from the parent: with eight workers its share of the core is {less-parent} of that with one; where it is told once a second worker brings {told-once}.',
        undecided:
          'With eight workers the share of the core that the parent takes is {less-parent} of that with one; where it is told once a second worker brings {told-once}: not decided.',
      },
    },
  ],
});
