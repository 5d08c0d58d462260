import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers, sweepPlans } from './seed/sweeps.ts';

const at = (variant: string, backlog: number, ...concurrencies: number[]) => ({
  variant,
  condition: `backlog-${backlog}`,
  concurrencies,
});

/** Every queue is tried with these; those that the claims compare with 20 clients as well. */
const most = [5, 10, 50, 200, 1000];
const compared = ['backlog-5', 'backlog-4096'];

/** What a queue that holds all clients gives, over one with a backlog of 5. */
const gain = (variant: string, ...concurrencies: number[]) => ({
  figure: 'requestsPerSecond' as const,
  of: at(variant, 4096, ...concurrencies),
  over: at(variant, 5, ...concurrencies),
});

/** Whether a longer accept queue gives the throughput back, and where clients wait then. */
export default defineScenario({
  name: 'backlog',
  title: 'The length of the accept queue',
  question:
    'The kernel keeps connections that nobody has accepted yet in a queue, whose length the server asks for (backlog). When it is full, clients are kept waiting for their retransmissions. Does a longer queue give a server its throughput back?',
  variants: [servers.serial, servers.prefork2],
  baseline: 'serial',
  concurrencies: [5, 10, 20, 50, 200, 1000],
  conditions: sweep([{ name: 'backlog', of: 'server', values: [0, 5, 20, 128, 1024, 4096] }]).map(
    (condition) => (compared.includes(condition.id) ? condition : { ...condition, concurrencies: most }),
  ),
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
          'The fall of the seed (to {seed-serial}) does not happen here between 5 and 10 clients: the serial server goes to {serial} of its throughput, the pre-forked one to {prefork}.',
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
        'At 10 to 200 clients the overflow of the accept queue costs the serial server throughput: a queue that holds all clients gives it at least a tenth more at 10 clients, and a quarter more from 20 on.',
      source: 'the note, its second guess; in the seed the fall at these clients was to a quarter',
      tests: [
        {
          id: 'ten',
          what: 'serial at 10 clients: throughput with a backlog of 4096 over that with 5',
          ...gain('serial', 10),
          supports: { atLeast: 1.1 },
          refutes: { atMost: 1.05 },
        },
        {
          id: 'twenty',
          what: 'the same at 20 clients',
          ...gain('serial', 20),
          supports: { atLeast: 1.25 },
          refutes: { atMost: 1.2 },
        },
        {
          id: 'more',
          what: 'the same at 50 and 200 clients',
          ...gain('serial', 50, 200),
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
          'Yes: a queue that holds all clients gives the serial server {ten} of its throughput at 10 clients, {twenty} at 20, and {more} at 50 and 200, where one with a backlog of 5 overflows {overflows} times a request. An overflow is rare and dear, since it takes a client away for a fifth of a second or more, in which the server could have served it many times; so all but about as many as the queue holds are away, and those few cannot keep the server busy.',
        refuted:
          'Not at all of these: a queue that holds all clients gives the serial server {ten} of its throughput at 10 clients, {twenty} at 20, and {more} at 50 and 200, where one with a backlog of 5 overflows {overflows} times a request.',
        undecided:
          'A queue that holds all clients gives the serial server {ten} of its throughput at 10 clients, {twenty} at 20, and {more} at 50 and 200, where one with a backlog of 5 overflows {overflows} times a request: not decided.',
      },
    },
    {
      id: 'bears',
      question: 'P1b',
      claim:
        'The pre-forked server overflows as well and does not fall: with 10 to 200 clients it keeps the throughput that it has with 5.',
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
          'The pre-forked server overflows too ({overflows} times a request at 50 and 200 clients) and does not fall below what it has at 5 clients: at 10 to 200 it has {keeps} of that.',
        refuted:
          'The pre-forked server falls as well: it overflows {overflows} times a request at 50 and 200 clients, and at 10 to 200 it has {keeps} of its throughput at 5.',
        undecided:
          'Of the pre-forked server that is not decided: it overflows {overflows} times a request at 50 and 200 clients, and at 10 to 200 it has {keeps} of its throughput at 5.',
      },
    },
    {
      id: 'unused',
      question: 'P1b',
      claim:
        'Overflow costs the pre-forked server throughput too, only not what it has at 5 clients: a queue that holds all clients gives it at least a quarter more at 50 to 1000.',
      source: 'ours, from an earlier run of this scenario (1.96)',
      tests: [
        {
          id: 'gain',
          what: 'prefork at 50 to 1000 clients: throughput with a backlog of 4096 over that with 5',
          ...gain('prefork-2', 50, 200, 1000),
          supports: { atLeast: 1.25 },
          refutes: { atMost: 1.1 },
        },
      ],
      conclude: {
        supported:
          'Overflow costs it throughput all the same: with a queue that holds all of 50 to 1000 clients it has {gain} of what it has with a backlog of 5.',
        refuted:
          'A longer queue gains it little: with one that holds all clients it has {gain} of its throughput at 50 to 1000 clients.',
        undecided:
          'With a queue that holds all clients the pre-forked server has {gain} of its throughput at 50 to 1000 clients: not decided.',
      },
    },
  ],
});
