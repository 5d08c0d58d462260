import { defineScenario } from '../harness/core/scenario.ts';
import { interventions, prefork, serial } from './seed/full-queue.ts';
import { waitsInRecv } from './seed/full-queue-waits.ts';

/**
 * From 200 clients on, where many back off, windows that hold several of their timers. The waits come in bursts, which
 * fill one window and leave the next one out: it takes many blocks to tell how much of the time they are.
 */
const plan = {
  blocks: 8,
  windows: [
    { fromConcurrency: 1, warmupMs: 300, windowMs: 3000 },
    { fromConcurrency: 200, warmupMs: 300, windowMs: 8000 },
  ],
  drainMs: 100,
};

const capturing = ['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link', 'packets'];

/** Why the serial server of the seed experiment falls when its accept queue overflows. */
export default defineScenario({
  name: 'phenomenon-1',
  title: 'What a full accept queue does to clients and to a serial server',
  question:
    'What happens to the packets of a client that meets a full accept queue, what does the server do meanwhile, and how much throughput comes back when each cause is taken away?',
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog: 5 } },
    {
      id: 'epoll-prefork-2',
      label: 'epoll-prefork (2 workers)',
      plugin: 'epoll-prefork',
      params: { workers: 2, backlog: 5 },
    },
  ],
  baseline: 'blocking-serial',
  concurrencies: [5, 20, 150, 200, 1000],
  conditions: [
    {
      id: 'as-in-the-seed',
      label: 'backlog 5, as in the seed experiment',
      concurrencies: [5, 20, 200, 1000],
    },
    {
      id: 'captured',
      label: 'the same, packets captured',
      // With windows of 3 s: what 8 s of packets hold is too much to keep.
      concurrencies: [20, 150],
      probes: capturing,
    },
    {
      id: 'captured-no-cookies',
      label: 'no SYN cookies, packets captured',
      concurrencies: [150],
      variants: ['blocking-serial'],
      probes: capturing,
      tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
    },
    ...interventions.map((condition) => ({ ...condition, variants: ['blocking-serial'] })),
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  ceiling: false,
  plans: { full: plan, quick: { ...plan, blocks: 3 } },
  hypotheses: [
    {
      id: 'falls-later',
      question: 'P1',
      claim:
        'The serial server falls here too, only with many more clients: at 1000 it has lost throughput that it has at 5, and the pre-forked one has not.',
      source: 'ours, from an earlier run',
      tests: [
        {
          id: 'serial',
          what: 'serial: throughput at 1000 clients over that at 5',
          figure: 'requestsPerSecond',
          of: serial('as-in-the-seed', 1000),
          over: serial('as-in-the-seed', 5),
          supports: { atMost: 0.85 },
          refutes: { atLeast: 0.95 },
        },
        {
          id: 'prefork',
          what: 'prefork, 2 workers: throughput at 1000 clients over that at 5',
          figure: 'requestsPerSecond',
          of: prefork('as-in-the-seed', 1000),
          over: prefork('as-in-the-seed', 5),
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.75 },
        },
      ],
      onSeed: [
        {
          id: 'seed-serial',
          what: 'serial: 1000 clients over 5',
          table: 'single-core',
          of: { variant: 'blocking-serial', concurrency: 1000 },
          over: { variant: 'blocking-serial', concurrency: 5 },
          supports: { atMost: 0.85 },
          refutes: { atLeast: 0.95 },
        },
        {
          id: 'seed-prefork',
          what: 'prefork, 2 workers: 1000 clients over 5',
          table: 'single-core',
          of: { variant: 'epoll-prefork-2', concurrency: 1000 },
          over: { variant: 'epoll-prefork-2', concurrency: 5 },
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.75 },
        },
      ],
      conclude: {
        supported:
          'It does fall here, but with far more clients: from 5 to 1000 clients the serial server goes to {serial} of its throughput (seed: {seed-serial}), the pre-forked one to {prefork} (seed: {seed-prefork}).',
        refuted:
          'It does not fall here up to 1000 clients: the serial server goes to {serial} of its throughput at 5 (seed: {seed-serial}), the pre-forked one to {prefork} (seed: {seed-prefork}).',
        undecided:
          'From 5 to 1000 clients the serial server goes to {serial} of its throughput (seed: {seed-serial}), the pre-forked one to {prefork} (seed: {seed-prefork}): not decided.',
      },
    },
    {
      id: 'overflow-is-the-cause',
      question: 'P1b',
      claim:
        'What the serial server loses at 1000 clients it loses because its accept queue overflows: a queue that holds all clients brings it back.',
      source: 'the note, its second guess',
      tests: [
        {
          id: 'restored',
          what: 'serial at 1000 clients: throughput with backlog 1024 over that with 5',
          figure: 'requestsPerSecond',
          of: serial('long-queue', 1000),
          over: serial('as-in-the-seed', 1000),
          supports: { atLeast: 1.1 },
          refutes: { atMost: 1.05 },
        },
        {
          id: 'level',
          what: 'serial: throughput at 1000 clients with backlog 1024 over that at 5 clients',
          figure: 'requestsPerSecond',
          of: serial('long-queue', 1000),
          over: serial('as-in-the-seed', 5),
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.75 },
        },
        {
          id: 'without',
          what: 'serial at 1000 clients with backlog 1024: overflows for each request',
          figure: 'overflowsPerRequest',
          of: serial('long-queue', 1000),
          supports: { atMost: 0.001 },
          refutes: { atLeast: 0.01 },
        },
      ],
      conclude: {
        supported:
          'Yes: at 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, which is {level} of what it has at 5 clients: with that many at hand it is never out of work.',
        refuted:
          'Not the overflow alone: at 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients.',
        undecided:
          'At 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients: not decided.',
      },
    },
    ...waitsInRecv,
  ],
});
