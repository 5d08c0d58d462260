import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers, sweepPlans } from './seed/sweeps.ts';

const few = [1, 2, 5];
const many = [10, 50, 200];
const prefork = (workers: number, ...concurrencies: number[]) => ({
  variant: 'prefork',
  condition: `workers-${workers}`,
  concurrencies,
});
const control = (variant: string, ...concurrencies: number[]) => ({
  variant,
  condition: 'one-process',
  concurrencies,
});

/** One to eight workers on one core, and two servers of one process beside them, with the backlog of the seed. */
export default defineScenario({
  name: 'workers',
  title: 'The number of workers, on one core',
  question:
    'How many workers should a pre-forked server have on one core, how does it compare with a serial server below the fall, and does a single process with epoll bear many clients as well?',
  variants: [servers.serial, servers.single, servers.prefork],
  baseline: 'serial',
  concurrencies: [...few, ...many],
  conditions: [
    {
      id: 'one-process',
      label: 'one process',
      factors: { workers: 'none' },
      variants: ['serial', 'single'],
    },
    ...sweep([{ name: 'workers', of: 'server', values: [1, 2, 4, 8] }], { variants: ['prefork'] }),
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(1500),
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
          refutes: { atMost: 0.85 },
        },
        {
          id: 'ahead',
          what: 'the same, from the other side',
          figure: 'requestsPerSecond',
          of: prefork(1, ...few),
          over: control('serial', ...few),
          supports: { atMost: 1.15 },
          refutes: { atLeast: 1.15 },
        },
      ],
      onSeed: [1, 2, 5].map((concurrency) => ({
        id: `seed-${concurrency}`,
        what: `prefork with 1 worker over serial, ${concurrency} clients`,
        table: 'single-core' as const,
        of: { variant: 'epoll-prefork-1', concurrency },
        over: { variant: 'blocking-serial', concurrency },
        supports: { atLeast: 0.85 },
        refutes: { atMost: 0.85 },
      })),
      conclude: {
        supported: 'They are: with one worker the pre-forked server reaches {ratio} of the serial one.',
        refuted:
          'They are not: with one worker the pre-forked server reaches {ratio} of the serial one (seed: {seed-1} at 1, {seed-5} at 5 clients). The serial one needs fewer system calls for a request.',
        undecided: 'With one worker the pre-forked server reaches {ratio} of the serial one: not decided.',
      },
    },
    {
      id: 'epoll-alone',
      question: 'A3',
      claim:
        'What bears many clients is epoll, not the second process: a server of one process with epoll keeps its throughput at 10 to 200 clients, the backlog of 5 overflowing.',
      source: 'the control that the note lacks',
      tests: [
        {
          id: 'keeps',
          what: 'epoll, one process: throughput at 10 to 200 clients over that at 5',
          figure: 'requestsPerSecond',
          of: control('single', ...many),
          over: control('single', 5),
          supports: { atLeast: 0.8 },
          refutes: { atMost: 0.7 },
        },
        {
          id: 'overflows',
          what: 'epoll, one process, at 50 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: control('single', 50),
          supports: { atLeast: 0.001 },
          refutes: { atMost: 0.0001 },
        },
        {
          id: 'better',
          what: 'of what they have at 5 clients, epoll in one process over serial, at 50',
          figure: 'requestsPerSecond',
          of: control('single', 50),
          over: control('serial', 50),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 0.95 },
        },
      ],
      conclude: {
        supported:
          'A single process with epoll bears them too: at 10 to 200 clients it keeps {keeps} of its throughput while its queue overflows, {better} of the serial server. It never sits in recv on one client; no second process is needed for that.',
        refuted:
          'A single process with epoll does not show it: at 10 to 200 clients it keeps {keeps} of its throughput, {better} of the serial server at 50.',
        undecided:
          'At 10 to 200 clients a single process with epoll keeps {keeps} of its throughput, {better} of the serial server at 50: not decided.',
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
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.1 },
        },
        {
          id: 'two',
          what: 'prefork at 10 to 200 clients: 2 workers over 1',
          figure: 'requestsPerSecond',
          of: prefork(2, ...many),
          over: prefork(1, ...many),
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.1 },
        },
      ],
      conclude: {
        supported: 'On one core two workers have {two}, eight {eight} of the throughput of one.',
        refuted:
          'On one core they do help here: two workers have {two}, eight {eight} of the throughput of one, since more of them get the core for each turn of the parent.',
        undecided: 'On one core two workers have {two}, eight {eight} of the throughput of one: not decided.',
      },
    },
  ],
});
