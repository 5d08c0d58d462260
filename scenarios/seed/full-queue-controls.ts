import type { HypothesisInput } from '../../harness/core/hypothesis.ts';
import type { ConditionInput } from '../../harness/core/scenario.ts';
import { serial } from './full-queue.ts';

/** Something about link or generator that is no part of a queue, each with its own fewest clients to compare with. */
export const controls: ConditionInput[] = [
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
    id: 'other-engine',
    label: 'load made by the engine epoll',
    concurrencies: [5, 20, 1000],
    load: { id: 'epoll' },
  },
  {
    id: 'a-process-each',
    label: 'load made by one blocking process a client, as webbench does',
    concurrencies: [5, 20, 1000],
    load: { id: 'processes' },
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

/** That neither the latency of the link nor the generator is why the seed's server fell. */
export const notTheCause: HypothesisInput[] = [
  {
    id: 'latency',
    question: 'P1',
    claim:
      'A serial server behind a link that takes 1 ms there and back keeps its throughput from 5 to 20 clients: the latency of the link is not why the seed fell at 10 clients.',
    source: 'ours: two virtual machines are joined by a switch in user space, which takes its time',
    tests: [
      {
        id: 'delayed',
        what: 'each packet held for 500 µs: throughput at 20 clients over that at 5',
        ...against5('delayed', 20),
        ...keeps,
      },
      {
        id: 'forwarded',
        what: 'the same forwarder without a delay: throughput at 20 clients over that at 5',
        ...against5('forwarded', 20),
        ...keeps,
      },
    ],
    conclude: {
      supported:
        'Not because the link is long: where each packet takes 500 µs longer, the serial server has at 20 clients {delayed} of its throughput at 5, and through the same forwarder without that delay {forwarded}; in the seed it fell to a quarter.',
      refuted:
        'The link matters: where each packet takes 500 µs longer, the serial server goes from 5 to 20 clients to {delayed} of its throughput, through the same forwarder without that delay to {forwarded}.',
      undecided:
        'Where each packet takes 500 µs longer, the serial server goes from 5 to 20 clients to {delayed} of its throughput, through the same forwarder without that delay to {forwarded}: not decided.',
    },
  },
  {
    id: 'generator',
    question: 'P1',
    claim:
      'Another generator finds the same: the serial server keeps its throughput up to 20 clients, and has lost some at 1000. Neither is made by the engine that the other figures are measured with.',
    source: 'ours: the seed was measured with webbench, which has a process for each client',
    tests: [
      {
        id: 'epoll-20',
        what: 'engine epoll: throughput at 20 clients over that at 5',
        ...against5('other-engine', 20),
        ...keeps,
      },
      {
        id: 'processes-20',
        what: 'one blocking process a client: throughput at 20 clients over that at 5',
        ...against5('a-process-each', 20),
        ...keeps,
      },
      {
        id: 'epoll-1000',
        what: 'engine epoll: throughput at 1000 clients over that at 5',
        ...against5('other-engine', 1000),
        ...falls,
      },
    ],
    conclude: {
      supported:
        'The generator does not make it: with the engine epoll the serial server has at 20 clients {epoll-20} of its throughput at 5, with one process a client {processes-20}; at 1000 clients it has {epoll-1000} with epoll.',
      refuted:
        'The generator matters: with the engine epoll the serial server goes from 5 to 20 clients to {epoll-20} of its throughput, with one process a client to {processes-20}, and at 1000 clients to {epoll-1000} with epoll.',
      undecided:
        'With the engine epoll the serial server goes from 5 to 20 clients to {epoll-20} of its throughput, with one process a client to {processes-20}, and at 1000 clients to {epoll-1000} with epoll: not decided.',
    },
  },
];
