import type { HypothesisInput } from '../../harness/core/hypothesis.ts';
import type { ConditionInput } from '../../harness/core/scenario.ts';
import { serial } from './full-queue.ts';

/** Something about server, link or generator that is no part of a queue, most with their own fewest clients. */
export const controls: ConditionInput[] = [
  {
    id: 'as-in-2022',
    label: 'SYNs are sent again after 1, 2, 4 and 8 s, as before Linux 6.5',
    concurrencies: [1000],
    jerrySysctls: { 'net.ipv4.tcp_syn_linear_timeouts': 0 },
  },
  {
    id: 'slow',
    label: '500 µs of work for each request: as fast as the server of the seed',
    concurrencies: [5, 10, 20],
    variantParams: { 'work-us': 500 },
  },
  {
    id: 'forwarded',
    label: 'all packets through a forwarder that holds them for no time',
    concurrencies: [5, 20],
    disturbances: [{ plugin: 'link-delay', params: { delayUs: 0 } }],
  },
  {
    id: 'delayed',
    label: 'all packets through a forwarder that holds each for 500 µs',
    concurrencies: [5, 20],
    disturbances: [{ plugin: 'link-delay', params: { delayUs: 500 } }],
  },
  {
    id: 'delayed-long-queue',
    label: 'all packets through a forwarder that holds each for 500 µs, and backlog 1024',
    concurrencies: [20],
    variantParams: { backlog: 1024 },
    disturbances: [{ plugin: 'link-delay', params: { delayUs: 500 } }],
  },
  {
    id: 'other-engine',
    label: 'load made by the engine epoll',
    concurrencies: [5, 10, 1000],
    load: { id: 'epoll' },
  },
  {
    id: 'a-process-each',
    label: 'load made by one blocking process a client, as webbench does',
    concurrencies: [5, 10, 1000],
    load: { id: 'processes' },
  },
  {
    id: 'all-at-once',
    label: 'as slow a server, a longer link, one process a client and the timers of 2022, all at once',
    concurrencies: [5, 10, 20],
    variantParams: { 'work-us': 400 },
    jerrySysctls: { 'net.ipv4.tcp_syn_linear_timeouts': 0 },
    load: { id: 'processes' },
    disturbances: [{ plugin: 'link-delay', params: { delayUs: 100 } }],
  },
];

const keeps = { supports: { atLeast: 0.75 }, refutes: { atMost: 0.67 } };
const falls = { supports: { atMost: 0.85 }, refutes: { atLeast: 0.95 } };

/** At `clients`, against 5 clients under the same condition. */
const against5 = (condition: string, clients: number) => ({
  figure: 'requestsPerSecond' as const,
  of: serial(condition, clients),
  over: serial(condition, 5),
});

const slowServer: HypothesisInput = {
  id: 'speed',
  question: 'P1',
  claim:
    'A server that takes as long for a request as the one of the seed does not fall for that alone between 5 and 10 clients.',
  source: 'ours: the server of the seed answered 2,062 requests per second at 5 clients, and 507 at 10',
  tests: [
    {
      id: 'slow',
      what: '500 µs of work for each request: throughput at 10 clients over that at 5',
      ...against5('slow', 10),
      ...keeps,
    },
    {
      id: 'slow-20',
      what: 'the same at 20 clients over that at 5',
      ...against5('slow', 20),
      ...keeps,
    },
  ],
  conclude: {
    supported:
      'A server that takes as long for a request as the one of the seed does not fall for that alone: with 500 µs of work for each it has {slow} of its throughput at 5 clients at 10 clients, and {slow-20} at 20.',
    refuted:
      'How long a request takes the server matters: with 500 µs of work for each it has {slow} of its throughput at 5 clients at 10 clients, and {slow-20} at 20.',
    undecided:
      'With 500 µs of work for each request the serial server has {slow} of its throughput at 5 clients at 10 clients, and {slow-20} at 20: not decided.',
  },
};

const longLink: HypothesisInput = {
  id: 'latency',
  question: 'P1',
  claim:
    'A longer link makes a full queue dearer: where each packet takes 500 µs longer, a queue that holds all of 20 clients gives the serial server at least half as much again.',
  source:
    'ours: two virtual machines are joined by a switch in user space, which takes its time; where clients back off, the few that are left cannot keep a server busy whose link is long',
  tests: [
    {
      id: 'gain',
      what: 'each packet held for 500 µs, 20 clients: throughput with backlog 1024 over that with 5',
      figure: 'requestsPerSecond',
      of: serial('delayed-long-queue', 20),
      over: serial('delayed', 20),
      supports: { atLeast: 1.5 },
      refutes: { atMost: 1.2 },
    },
    {
      id: 'without',
      what: 'the same with backlog 1024: overflows for each request',
      figure: 'overflowsPerRequest',
      of: serial('delayed-long-queue', 20),
      supports: { atMost: 0.001 },
      refutes: { atLeast: 0.005 },
    },
  ],
  conclude: {
    supported:
      'A longer link makes a full queue dearer: where each packet takes 500 µs longer, a queue for all of 20 clients gives {gain} of the throughput that there is with a backlog of 5. A fall from 5 to 10 clients does not follow: at 5 clients such a server idles, and cannot lose what it does not have.',
    refuted:
      'A longer link does not make a full queue dearer: where each packet takes 500 µs longer, a queue for all of 20 clients gives {gain} of the throughput that there is with a backlog of 5.',
    undecided:
      'Where each packet takes 500 µs longer, a queue for all of 20 clients gives {gain} of the throughput that there is with a backlog of 5: not decided.',
  },
};

const otherGenerator: HypothesisInput = {
  id: 'generator',
  question: 'P1',
  claim:
    'Another generator finds the same: the serial server keeps its throughput from 5 to 10 clients, and has lost some at 1000. Neither is made by the engine that the other figures are measured with.',
  source: 'ours: the seed was measured with webbench, which has a process for each client',
  tests: [
    {
      id: 'epoll-10',
      what: 'engine epoll: throughput at 10 clients over that at 5',
      ...against5('other-engine', 10),
      ...keeps,
    },
    {
      id: 'processes-10',
      what: 'one blocking process a client: throughput at 10 clients over that at 5',
      ...against5('a-process-each', 10),
      ...keeps,
    },
    {
      id: 'epoll-1000',
      what: 'engine epoll: throughput at 1000 clients over that at 5',
      ...against5('other-engine', 1000),
      ...falls,
    },
    {
      id: 'processes-1000',
      what: 'one blocking process a client: throughput at 1000 clients over that at 5',
      ...against5('a-process-each', 1000),
      ...falls,
    },
  ],
  conclude: {
    supported:
      'The generator does not make it: from 5 to 10 clients the serial server goes to {epoll-10} with the engine epoll and to {processes-10} with one process a client, from 5 to 1000 to {epoll-1000} and {processes-1000}.',
    refuted:
      'The generator matters: from 5 to 10 clients the serial server goes to {epoll-10} with the engine epoll and to {processes-10} with one process a client, from 5 to 1000 to {epoll-1000} and {processes-1000}.',
    undecided:
      'From 5 to 10 clients the serial server goes to {epoll-10} with the engine epoll and to {processes-10} with one process a client, from 5 to 1000 to {epoll-1000} and {processes-1000}: not decided.',
  },
};

const timersOf2022: HypothesisInput = {
  id: 'timers',
  question: 'P1',
  claim:
    'With the timers of 2022, by which a dropped SYN is sent again after 1, 2, 4 and 8 s, the fall at 1000 clients is smaller, not larger: who stays away for longer fills no queue.',
  source: 'ours, from an earlier run of this scenario (1.34)',
  tests: [
    {
      id: 'gain',
      what: '1000 clients: throughput with the timers of 2022 over that without',
      figure: 'requestsPerSecond',
      of: serial('as-in-2022', 1000),
      over: serial('as-in-the-seed', 1000),
      supports: { atLeast: 1.05 },
      refutes: { atMost: 1 },
    },
  ],
  conclude: {
    supported:
      'The timers of 2022 do not explain a larger fall, for they make it smaller: at 1000 clients the serial server has {gain} of its throughput with them.',
    refuted:
      'With the timers of 2022 the fall is not smaller: at 1000 clients the serial server has {gain} of its throughput with them.',
    undecided:
      'With the timers of 2022 the serial server has {gain} of its throughput at 1000 clients: not decided.',
  },
};

const together: HypothesisInput = {
  id: 'all-at-once',
  question: 'P1',
  claim:
    "All that is known of the seed's circumstances, taken together, makes no fall from 5 to 10 clients either: a server as slow, a link that takes 200 µs there and back, one blocking process a client, and the timers of its kernel.",
  source: 'ours: each of them alone could be too little',
  tests: [
    {
      id: 'ten',
      what: 'all at once: throughput at 10 clients over that at 5',
      ...against5('all-at-once', 10),
      ...keeps,
    },
    {
      id: 'twenty',
      what: 'all at once: throughput at 20 clients over that at 5',
      ...against5('all-at-once', 20),
      ...keeps,
    },
  ],
  conclude: {
    supported:
      "Why it did in the seed is still open. Neither a server as slow, nor a longer link, nor one process a client, nor the timers of the seed's kernel makes it: with all of them at once the serial server has {ten} of its throughput at 5 clients at 10, and {twenty} at 20.",
    refuted:
      'It takes the circumstances of the seed together: with a server as slow, a longer link, one process a client and the timers of its kernel the serial server has {ten} of its throughput at 5 clients at 10, and {twenty} at 20.',
    undecided:
      "Why it did in the seed is still open. With a server as slow, a longer link, one process a client and the timers of the seed's kernel, all at once, the serial server has {ten} of its throughput at 5 clients at 10, and {twenty} at 20: not decided.",
  },
  caveat:
    'Processor, hypervisor and the rest of its kernel are not to be had here, and how long its link took is not known.',
};

/** What might have made the seed's server fall beside its queue, one thing at a time and all at once. */
export const notTheCause: HypothesisInput[] = [slowServer, longLink, otherGenerator, timersOf2022, together];
