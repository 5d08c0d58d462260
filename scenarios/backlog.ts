import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers, sweepPlans } from './seed/sweeps.ts';

const at = (variant: string, backlog: number, ...concurrencies: number[]) => ({
  variant,
  condition: `backlog-${backlog}`,
  concurrencies,
});

/** Whether a longer accept queue gives the throughput back, and where clients wait then. */
export default defineScenario({
  name: 'backlog',
  title: 'The length of the accept queue',
  question:
    'The kernel keeps connections that nobody has accepted yet in a queue, whose length the server asks for (backlog). When it is full, clients are kept waiting for their retransmissions. Does a longer queue give a server its throughput back?',
  variants: [servers.serial, servers.prefork2],
  baseline: 'serial',
  concurrencies: [5, 10, 50, 200, 1000],
  conditions: sweep([{ name: 'backlog', of: 'server', values: [0, 5, 20, 128, 1024, 4096] }]),
  hosts: { tomCores: 1, jerryCores: 1, tomSysctls: { 'net.core.somaxconn': 4096 } },
  plans: sweepPlans(1500, 5),
  hypotheses: [
    {
      id: 'fall',
      question: 'P1',
      claim:
        'With a backlog of 5 the serial server loses more than a third of its throughput between 5 and 10 clients; the pre-forked one does not.',
      source: 'the note, phenomenon 1',
      tests: [
        {
          id: 'serial',
          what: 'serial: throughput at 10 clients over that at 5',
          figure: 'requestsPerSecond',
          of: at('serial', 5, 10),
          over: at('serial', 5, 5),
          supports: { atMost: 0.67 },
          refutes: { atLeast: 0.75 },
        },
        {
          id: 'prefork',
          what: 'prefork, 2 workers: throughput at 10 clients over that at 5',
          figure: 'requestsPerSecond',
          of: at('prefork-2', 5, 10),
          over: at('prefork-2', 5, 5),
          supports: { atLeast: 0.75 },
          refutes: { atMost: 0.67 },
        },
      ],
      onSeed: [
        {
          id: 'seed-serial',
          what: 'serial: 10 clients over 5',
          table: 'single-core',
          of: { variant: 'blocking-serial', concurrency: 10 },
          over: { variant: 'blocking-serial', concurrency: 5 },
          supports: { atMost: 0.67 },
          refutes: { atLeast: 0.75 },
        },
        {
          id: 'seed-prefork',
          what: 'prefork, 2 workers: 10 clients over 5',
          table: 'single-core',
          of: { variant: 'epoll-prefork-2', concurrency: 10 },
          over: { variant: 'epoll-prefork-2', concurrency: 5 },
          supports: { atLeast: 0.75 },
          refutes: { atMost: 0.67 },
        },
      ],
      conclude: {
        supported:
          'The fall is there: from 5 to 10 clients the serial server goes to {serial} of its throughput, the pre-forked one to {prefork}.',
        refuted:
          'The fall of the seed (to {seed-serial}) is not to be had here in that form: from 5 to 10 clients the serial server goes to {serial} of its throughput, the pre-forked one to {prefork}.',
        undecided:
          'From 5 to 10 clients the serial server goes to {serial} of its throughput, the pre-forked one to {prefork}: too uncertain to say whether the fall of the seed (to {seed-serial}) is there.',
      },
      caveat:
        "Host, kernel and load differ from the seed's: its load was a process for each client on a core of its own, its kernel one of 2022.",
    },
    {
      id: 'cause',
      question: 'P1b',
      claim:
        'At 10 to 200 clients the overflow of the accept queue costs the serial server throughput: a queue that holds all clients gives it at least a quarter more.',
      source: 'the note, its second guess; in the seed the fall at these clients was to a quarter',
      tests: [
        {
          id: 'restored',
          what: 'serial at 10 to 200 clients: throughput with a backlog of 4096 over that with 5',
          figure: 'requestsPerSecond',
          of: at('serial', 4096, 10, 50, 200),
          over: at('serial', 5, 10, 50, 200),
          supports: { atLeast: 1.25 },
          refutes: { atMost: 1.2 },
        },
        {
          id: 'overflows',
          what: 'serial with a backlog of 5 at 50 and 200 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: at('serial', 5, 50, 200),
          supports: { atLeast: 0.003 },
          refutes: { atMost: 0.001 },
        },
        {
          id: 'without',
          what: 'the same with a backlog of 4096',
          figure: 'overflowsPerRequest',
          of: at('serial', 4096, 50, 200),
          supports: { atMost: 0.001 },
          refutes: { atLeast: 0.003 },
        },
      ],
      conclude: {
        supported:
          'Yes: with a backlog of 5 it overflows {overflows} times a request at 50 and 200 clients, and a queue that holds all clients gives the serial server {restored} of its throughput.',
        refuted:
          'Not at so few clients: with a backlog of 5 the serial server overflows {overflows} times a request at 50 and 200 clients, but a queue that holds all of them gives it {restored} of its throughput at 10 to 200 clients, far from the four times that the seed lost. What overflow costs at 1000 clients, phenomenon-1 tells.',
        undecided:
          'With a backlog of 5 the serial server overflows {overflows} times a request at 50 and 200 clients; a queue that holds all of them gives it {restored} of its throughput at 10 to 200 clients: not decided.',
      },
    },
    {
      id: 'bears',
      question: 'P1b',
      claim:
        'The pre-forked server overflows as well, and bears it: with 10 to 200 clients it keeps the throughput that it has with 5.',
      source: 'the note: both servers overflowed, only the serial one fell',
      tests: [
        {
          id: 'overflows',
          what: 'prefork with a backlog of 5, 50 and 200 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: at('prefork-2', 5, 50, 200),
          supports: { atLeast: 0.003 },
          refutes: { atMost: 0.001 },
        },
        {
          id: 'keeps',
          what: 'prefork with a backlog of 5: throughput at 10 to 200 clients over that at 5',
          figure: 'requestsPerSecond',
          of: at('prefork-2', 5, 10, 50, 200),
          over: at('prefork-2', 5, 5),
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.75 },
        },
      ],
      onSeed: [
        {
          id: 'seed-keeps',
          what: 'prefork, 2 workers: 200 clients over 5',
          table: 'single-core',
          of: { variant: 'epoll-prefork-2', concurrency: 200 },
          over: { variant: 'epoll-prefork-2', concurrency: 5 },
          supports: { atLeast: 0.85 },
          refutes: { atMost: 0.75 },
        },
      ],
      conclude: {
        supported:
          'The pre-forked server overflows too ({overflows} times a request) and bears it: at 10 to 200 clients it has {keeps} of its throughput at 5.',
        refuted:
          'The pre-forked server does not simply bear it: it overflows {overflows} times a request, and at 10 to 200 clients it has {keeps} of its throughput at 5.',
        undecided:
          'Of the pre-forked server that is not decided: it overflows {overflows} times a request, and at 10 to 200 clients it has {keeps} of its throughput at 5.',
      },
    },
    {
      id: 'unused',
      question: 'P1b',
      claim:
        'It would serve more with a longer queue all the same: one that holds all clients gives the pre-forked server at least a twentieth more at 50 to 1000 clients.',
      source: 'ours, from an earlier run of this scenario (1.29)',
      tests: [
        {
          id: 'gain',
          what: 'prefork at 50 to 1000 clients: throughput with a backlog of 4096 over that with 5',
          figure: 'requestsPerSecond',
          of: at('prefork-2', 4096, 50, 200, 1000),
          over: at('prefork-2', 5, 50, 200, 1000),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 1 },
        },
      ],
      conclude: {
        supported:
          'It would serve more with a longer queue all the same: {gain} of its throughput at 50 to 1000 clients, with a queue that holds them.',
        refuted:
          'A longer queue gains it nothing: with one that holds all clients it has {gain} of its throughput at 50 to 1000 clients.',
        undecided:
          'With a queue that holds all clients the pre-forked server has {gain} of its throughput at 50 to 1000 clients: not decided.',
      },
    },
  ],
});
