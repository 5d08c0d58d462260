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
  plans: sweepPlans(2000),
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
        'The overflow of the accept queue is the cause: a queue that holds all clients gives the throughput back.',
      source: 'the note, its second guess',
      tests: [
        {
          id: 'restored',
          what: 'serial at 50 to 1000 clients: throughput with a backlog of 4096 over that with 5',
          figure: 'requestsPerSecond',
          of: at('serial', 4096, 50, 200, 1000),
          over: at('serial', 5, 50, 200, 1000),
          supports: { atLeast: 1.15 },
          refutes: { atMost: 1.05 },
        },
        {
          id: 'level',
          what: 'serial with a backlog of 4096: throughput at 50 to 1000 clients over that at 5',
          figure: 'requestsPerSecond',
          of: at('serial', 4096, 50, 200, 1000),
          over: at('serial', 4096, 5),
          supports: { atLeast: 0.9 },
          refutes: { atMost: 0.8 },
        },
        {
          id: 'without',
          what: 'serial with a backlog of 4096, 50 to 1000 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: at('serial', 4096, 50, 200, 1000),
          supports: { atMost: 0.001 },
          refutes: { atLeast: 0.01 },
        },
      ],
      conclude: {
        supported:
          'The overflow is the cause: at 50 to 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, and it no longer falls ({level} of its throughput at 5 clients).',
        refuted:
          'The overflow is not the whole cause: at 50 to 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients.',
        undecided:
          'At 50 to 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients: too uncertain to decide.',
      },
    },
    {
      id: 'bears',
      question: 'P1b',
      claim: 'The pre-forked server overflows as well, and bears it: a longer queue gains it little.',
      source: 'the note: both servers overflowed, only the serial one fell',
      tests: [
        {
          id: 'overflows',
          what: 'prefork with a backlog of 5, 50 to 1000 clients: overflows for each request',
          figure: 'overflowsPerRequest',
          of: at('prefork-2', 5, 50, 200, 1000),
          supports: { atLeast: 0.01 },
          refutes: { atMost: 0.001 },
        },
        {
          id: 'gain',
          what: 'prefork at 50 to 1000 clients: throughput with a backlog of 4096 over that with 5',
          figure: 'requestsPerSecond',
          of: at('prefork-2', 4096, 50, 200, 1000),
          over: at('prefork-2', 5, 50, 200, 1000),
          supports: { atMost: 1.15 },
          refutes: { atLeast: 1.25 },
        },
      ],
      conclude: {
        supported:
          'The pre-forked server overflows too ({overflows} times a request) and bears it: a queue that holds all clients gives it {gain} of its throughput.',
        refuted:
          'The pre-forked server does not simply bear it: overflows {overflows} times a request, and with a queue that holds all clients {gain} of its throughput.',
        undecided:
          'Of the pre-forked server that is not decided: overflows {overflows} times a request, and with a queue that holds all clients {gain} of its throughput.',
      },
    },
  ],
});
