import { defineScenario, type ConditionInput } from '../harness/core/scenario.ts';

/** Something else than in the seed experiment, which takes one cause of the fall away. */
const interventions: ConditionInput[] = [
  { id: 'long-queue', label: 'backlog 1024', concurrencies: [1000], variantParams: { backlog: 1024 } },
  {
    id: 'impatient',
    label: 'a connection without a request is closed after 20 ms',
    concurrencies: [1000],
    variantParams: { 'recv-timeout-ms': 20 },
  },
  {
    id: 'deferred',
    label: 'connections handed over with their request (TCP_DEFER_ACCEPT), for one SYN-ACK',
    concurrencies: [20, 200, 1000],
    variantParams: { 'defer-accept': 1 },
  },
  {
    id: 'deferred-for-long',
    label: 'the same for five SYN-ACKs',
    concurrencies: [200, 1000],
    variantParams: { 'defer-accept': 5 },
  },
  {
    id: 'no-cookies',
    label: 'no SYN cookies',
    concurrencies: [1000],
    tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
  },
  {
    id: 'abort',
    label: 'a connection that meets a full queue is reset (tcp_abort_on_overflow)',
    concurrencies: [1000],
    tomSysctls: { 'net.ipv4.tcp_abort_on_overflow': 1 },
  },
  {
    id: 'as-in-2022',
    label: 'SYNs are sent again after 1, 2, 4 and 8 s, as before Linux 6.5',
    concurrencies: [1000],
    jerrySysctls: { 'net.ipv4.tcp_syn_linear_timeouts': 0 },
  },
  {
    id: 'slow',
    label: '500 µs of work for each request: as fast as the server of the seed',
    concurrencies: [5, 20],
    variantParams: { 'work-us': 500 },
  },
];

/** Where clients back off, a window that holds several of their timers. */
const plan = {
  blocks: 7,
  windows: [
    { fromConcurrency: 1, warmupMs: 300, windowMs: 3000 },
    { fromConcurrency: 200, warmupMs: 300, windowMs: 8000 },
  ],
  drainMs: 100,
};

const serial = (condition: string, ...at: number[]) => ({
  variant: 'blocking-serial',
  condition,
  concurrencies: at,
});
const prefork = (condition: string, ...at: number[]) => ({
  ...serial(condition, ...at),
  variant: 'epoll-prefork-2',
});

/** Shares of the time: of one look in twelve, and of one in thirty. */
const waits = { supports: { atLeast: 0.08 }, refutes: { atMost: 0.03 } };
const doesNotWait = { supports: { atMost: 0.03 }, refutes: { atLeast: 0.08 } };

const firstRun = 'ours, from a first run of this scenario with windows of 3 s';

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
      probes: ['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link', 'packets'],
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
          'It does fall here, but later: from 5 to 1000 clients the serial server goes to {serial} of its throughput (seed: {seed-serial}), the pre-forked one to {prefork} (seed: {seed-prefork}).',
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
          'Yes: at 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, which is {level} of what it has at 5 clients.',
        refuted:
          'Not the overflow alone: at 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients.',
        undecided:
          'At 1000 clients a queue that holds them all gives the serial server {restored} of the throughput that it has with a backlog of 5, {level} of what it has at 5 clients: not decided.',
      },
    },
    {
      id: 'waits-in-recv',
      question: 'P1c',
      claim:
        'At 1000 clients the serial server accepts connections whose request was dropped and sleeps in recv until the client sends it again, while others wait. It does not where it gives up after 20 ms, where its queue holds all clients, nor at 5 clients, where nothing overflows.',
      source: firstRun,
      tests: [
        {
          id: 'blocked',
          what: 'backlog 5, 1000 clients: share of the time that the server sleeps while others wait',
          figure: 'blockedShare',
          of: serial('as-in-the-seed', 1000),
          ...waits,
        },
        {
          id: 'impatient',
          what: 'the same where it closes a connection that sends nothing for 20 ms',
          figure: 'blockedShare',
          of: serial('impatient', 1000),
          ...doesNotWait,
        },
        {
          id: 'long',
          what: 'the same with backlog 1024',
          figure: 'blockedShare',
          of: serial('long-queue', 1000),
          ...doesNotWait,
        },
        {
          id: 'clean',
          what: 'the same with backlog 5 at 5 clients',
          figure: 'blockedShare',
          of: serial('as-in-the-seed', 5),
          ...doesNotWait,
        },
      ],
      conclude: {
        supported:
          'Yes: at 1000 clients the serial server sleeps on average {blocked} of the time while others wait; where it gives up after 20 ms {impatient}, with a queue for all clients {long}, and at 5 clients {clean}.',
        refuted:
          'Not as claimed: at 1000 clients the serial server sleeps on average {blocked} of the time while others wait, where it gives up after 20 ms {impatient}, with a queue for all clients {long}, and at 5 clients {clean}.',
        undecided:
          'At 1000 clients the serial server sleeps on average {blocked} of the time while others wait, where it gives up after 20 ms {impatient}, with a queue for all clients {long}, and at 5 clients {clean}: not decided.',
      },
    },
    {
      id: 'others-are-served',
      question: 'P1c',
      claim: 'The pre-forked server meets the same clients and never waits for one of them.',
      source: firstRun,
      tests: [
        {
          id: 'blocked',
          what: 'prefork, backlog 5, 1000 clients: share of the time that all its processes sleep while others wait',
          figure: 'blockedShare',
          of: prefork('as-in-the-seed', 1000),
          ...doesNotWait,
        },
        {
          id: 'overflows',
          what: 'its overflows for each request',
          figure: 'overflowsPerRequest',
          of: prefork('as-in-the-seed', 1000),
          supports: { atLeast: 0.01 },
          refutes: { atMost: 0.001 },
        },
      ],
      conclude: {
        supported:
          'The pre-forked server overflows too ({overflows} times a request) and sleeps {blocked} of the time while others wait.',
        refuted:
          'The pre-forked server is no exception: {overflows} overflows a request, and it sleeps {blocked} of the time while others wait.',
        undecided:
          'Of the pre-forked server that is not decided: {overflows} overflows a request, and it sleeps {blocked} of the time while others wait.',
      },
    },
    {
      id: 'what-it-costs',
      question: 'P1c',
      claim: 'Taking that wait away gives the serial server throughput back at 1000 clients.',
      source: firstRun,
      tests: [
        {
          id: 'impatient',
          what: '1000 clients: throughput with a receive timeout of 20 ms over that without',
          figure: 'requestsPerSecond',
          of: serial('impatient', 1000),
          over: serial('as-in-the-seed', 1000),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 1 },
        },
      ],
      conclude: {
        supported: 'Without that wait the serial server has {impatient} of its throughput at 1000 clients.',
        refuted: 'That wait is not what costs it throughput: without it, it has {impatient} at 1000 clients.',
        undecided:
          'Without that wait it has {impatient} of its throughput at 1000 clients: not decided, since the waits come in bursts that fill some windows and leave others out.',
      },
    },
    {
      id: 'refused-at-once',
      question: 'P1c',
      claim:
        'It is the silence that does it: where the kernel resets a connection that meets a full queue, nobody takes himself for connected whose request was dropped, and the server does not wait.',
      source: 'ours, by what tcp_abort_on_overflow does in tcp_check_req()',
      tests: [
        {
          id: 'blocked',
          what: 'tcp_abort_on_overflow, 1000 clients: share of the time that the server sleeps while others wait',
          figure: 'blockedShare',
          of: serial('abort', 1000),
          ...doesNotWait,
        },
      ],
      conclude: {
        supported:
          'Where the kernel resets connections that meet a full queue (tcp_abort_on_overflow), the server sleeps {blocked} of the time while others wait.',
        refuted:
          'A reset does not help: with tcp_abort_on_overflow the server still sleeps {blocked} of the time while others wait.',
        undecided:
          'With tcp_abort_on_overflow the server sleeps {blocked} of the time while others wait: not decided.',
      },
    },
    {
      id: 'why-deferral-harms',
      question: 'P1c',
      claim:
        'TCP_DEFER_ACCEPT for one SYN-ACK does harm at 200 and 1000 clients, because a bare ACK is taken after the first SYN-ACK that was sent again, and with it a connection whose request comes later; for five SYN-ACKs it does not.',
      source: `${firstRun}, and tcp_check_req() in net/ipv4/tcp_minisocks.c`,
      tests: [
        {
          id: 'one',
          what: 'for one SYN-ACK, 200 and 1000 clients: share of the time that the server sleeps while others wait',
          figure: 'blockedShare',
          of: serial('deferred', 200, 1000),
          ...waits,
        },
        {
          id: 'five',
          what: 'the same for five',
          figure: 'blockedShare',
          of: serial('deferred-for-long', 200, 1000),
          ...doesNotWait,
        },
        {
          id: 'harm',
          what: 'throughput with one over that with five',
          figure: 'requestsPerSecond',
          of: serial('deferred', 200, 1000),
          over: serial('deferred-for-long', 200, 1000),
          supports: { atMost: 0.95 },
          refutes: { atLeast: 1 },
        },
      ],
      conclude: {
        supported:
          'TCP_DEFER_ACCEPT helps only if it lasts: for one SYN-ACK the server sleeps {one} of the time while others wait, for five {five}; with one it has {harm} of the throughput that it has with five.',
        refuted:
          'It is not how long TCP_DEFER_ACCEPT lasts: for one SYN-ACK the server sleeps {one} of the time, for five {five}; with one it has {harm} of the throughput that it has with five.',
        undecided:
          'With TCP_DEFER_ACCEPT for one SYN-ACK the server sleeps {one} of the time while others wait, for five {five}; with one it has {harm} of the throughput that it has with five: not decided.',
      },
    },
    {
      id: 'speed',
      question: 'P1',
      claim:
        'A serial server that is as slow as that of the seed keeps its throughput from 5 to 20 clients as a fast one does: the speed of a core is not why the seed fell.',
      source: 'ours: the server of the seed answered 2,062 requests per second at 5 clients, and 507 at 10',
      tests: [
        {
          id: 'slow',
          what: '500 µs of work for each request: throughput at 20 clients over that at 5',
          figure: 'requestsPerSecond',
          of: serial('slow', 20),
          over: serial('slow', 5),
          supports: { atLeast: 0.75 },
          refutes: { atMost: 0.67 },
        },
        {
          id: 'fast',
          what: 'without it: throughput at 20 clients over that at 5',
          figure: 'requestsPerSecond',
          of: serial('as-in-the-seed', 20),
          over: serial('as-in-the-seed', 5),
          supports: { atLeast: 0.75 },
          refutes: { atMost: 0.67 },
        },
      ],
      conclude: {
        supported:
          'Not because its core is slow: with 500 µs of work for each request the serial server keeps {slow} of its throughput from 5 to 20 clients, without {fast}; in the seed it fell to a quarter.',
        refuted:
          'How fast the server is matters: with 500 µs of work for each request it goes to {slow} of its throughput from 5 to 20 clients, without to {fast}.',
        undecided:
          'With 500 µs of work for each request the serial server goes to {slow} of its throughput from 5 to 20 clients, without to {fast}: not decided.',
      },
    },
  ],
});
