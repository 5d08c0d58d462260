import type { HypothesisInput } from '../../harness/core/hypothesis.ts';
import { prefork, serial } from './full-queue.ts';

/** Shares of the time: of one look in twelve, and of one in thirty. */
const waits = { supports: { atLeast: 0.08 }, refutes: { atMost: 0.03 } };
const doesNotWait = { supports: { atMost: 0.03 }, refutes: { atLeast: 0.08 } };

const firstRun = 'ours, from a first run of this scenario with windows of 3 s';

/** That a serial server waits for clients whose request was dropped, and what takes that wait away. */
export const waitsInRecv: HypothesisInput[] = [
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
        'It waits for clients whose request was dropped: at 1000 clients the serial server sleeps in recv on average {blocked} of the time while others wait; where it gives up after 20 ms {impatient}, with a queue for all clients {long}, and at 5 clients {clean}.',
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
        'The pre-forked server overflows too ({overflows} times a request at 1000 clients) and sleeps {blocked} of the time while others wait.',
      refuted:
        'The pre-forked server is no exception: {overflows} overflows a request at 1000 clients, and it sleeps {blocked} of the time while others wait.',
      undecided:
        'Of the pre-forked server that is not decided: {overflows} overflows a request at 1000 clients, and it sleeps {blocked} of the time while others wait.',
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
      supported:
        'Without that wait (a receive timeout of 20 ms) the serial server has {impatient} of its throughput at 1000 clients.',
      refuted: 'That wait is not what costs it throughput: without it, it has {impatient} at 1000 clients.',
      undecided:
        'Without that wait it has {impatient} of its throughput at 1000 clients: not decided, since the waits come in bursts that fill some windows and leave others out.',
    },
  },
  {
    id: 'refused-at-once',
    question: 'P1c',
    claim:
      'It is the silence that does it: where the kernel resets a connection that meets a full queue, nobody takes himself for connected whose request was dropped, and the server does not wait. The price is requests that fail.',
    source: 'ours, by what tcp_abort_on_overflow does in tcp_check_req()',
    tests: [
      {
        id: 'blocked',
        what: 'tcp_abort_on_overflow, 1000 clients: share of the time that the server sleeps while others wait',
        figure: 'blockedShare',
        of: serial('abort', 1000),
        ...doesNotWait,
      },
      {
        id: 'gain',
        what: 'throughput with it over that without',
        figure: 'requestsPerSecond',
        of: serial('abort', 1000),
        over: serial('as-in-the-seed', 1000),
        supports: { atLeast: 1.5 },
        refutes: { atMost: 1.2 },
      },
      {
        id: 'failed',
        what: 'requests that fail with it, for each that is answered',
        figure: 'failuresPerRequest',
        of: serial('abort', 1000),
        supports: { atLeast: 0.001 },
        refutes: { atMost: 0.0001 },
      },
    ],
    conclude: {
      supported:
        'Where the kernel resets connections that meet a full queue (tcp_abort_on_overflow), the server sleeps {blocked} of the time while others wait and has {gain} of its throughput; {failed} requests fail for each that is answered.',
      refuted:
        'Not as claimed: with tcp_abort_on_overflow the server sleeps {blocked} of the time while others wait and has {gain} of its throughput; {failed} requests fail for each that is answered.',
      undecided:
        'With tcp_abort_on_overflow the server sleeps {blocked} of the time while others wait and has {gain} of its throughput; {failed} requests fail for each that is answered: not decided.',
    },
  },
  {
    id: 'without-cookies',
    question: 'P1c',
    claim:
      'It takes SYN cookies: with them the kernel lets more clients begin than it has room for, and they keep the queue full until a connection that is stuck is completed without its request. Without them it lets nobody begin while five are stuck, these find room for a request that comes again, no SYN-ACK is repeated, and the server does not wait.',
    source: 'ours, from an earlier run of this scenario, and tcp_conn_request() in net/ipv4/tcp_input.c',
    tests: [
      {
        id: 'blocked',
        what: 'no SYN cookies, 1000 clients: share of the time that the server sleeps while others wait',
        figure: 'blockedShare',
        of: serial('no-cookies', 1000),
        ...doesNotWait,
      },
      {
        id: 'gain',
        what: 'throughput without SYN cookies over that with them',
        figure: 'requestsPerSecond',
        of: serial('no-cookies', 1000),
        over: serial('as-in-the-seed', 1000),
        supports: { atLeast: 1.5 },
        refutes: { atMost: 1.2 },
      },
      {
        id: 'repeated',
        what: 'no SYN cookies: SYN-ACKs sent again for each answered request',
        figure: 'synAcksSentAgainPerRequest',
        of: serial('no-cookies', 1000),
        supports: { atMost: 0.0001 },
        refutes: { atLeast: 0.0004 },
      },
      {
        id: 'repeated-with',
        what: 'the same with SYN cookies',
        figure: 'synAcksSentAgainPerRequest',
        of: serial('as-in-the-seed', 1000),
        supports: { atLeast: 0.0004 },
        refutes: { atMost: 0.0001 },
      },
    ],
    conclude: {
      supported:
        'It takes SYN cookies, which let more clients begin than there is room for: without them the server sleeps {blocked} of the time while others wait and has {gain} of its throughput at 1000 clients.',
      refuted:
        'SYN cookies are not what it takes: without them the server sleeps {blocked} of the time while others wait and has {gain} of its throughput at 1000 clients.',
      undecided:
        'Without SYN cookies the server sleeps {blocked} of the time while others wait and has {gain} of its throughput at 1000 clients: not decided.',
    },
  },
  {
    id: 'deferral-hands-over',
    question: 'P1c',
    claim:
      'TCP_DEFER_ACCEPT for one SYN-ACK does not spare the server that wait at 200 and 1000 clients, because a bare ACK is taken after the first SYN-ACK that was sent again, and with it a connection whose request comes later; for five SYN-ACKs it does.',
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
    ],
    conclude: {
      supported:
        'TCP_DEFER_ACCEPT for one SYN-ACK hands over connections whose request is still to come: the server sleeps {one} of the time while others wait, the mean of 200 and 1000 clients. For five it does not: {five}.',
      refuted:
        'It is not how long TCP_DEFER_ACCEPT lasts: for one SYN-ACK the server sleeps {one} of the time while others wait, for five {five}, each the mean of 200 and 1000 clients.',
      undecided:
        'With TCP_DEFER_ACCEPT for one SYN-ACK the server sleeps {one} of the time while others wait, for five {five}, each the mean of 200 and 1000 clients: not decided.',
    },
  },
  {
    id: 'deferral-harms',
    question: 'P1c',
    claim: 'TCP_DEFER_ACCEPT for one SYN-ACK does harm at 200 clients.',
    source: 'ours, from an earlier run of this scenario (0.75; at 1000 clients it was not told apart)',
    tests: [
      {
        id: 'harm',
        what: '200 clients: throughput with TCP_DEFER_ACCEPT for one SYN-ACK over that without',
        figure: 'requestsPerSecond',
        of: serial('deferred', 200),
        over: serial('as-in-the-seed', 200),
        supports: { atMost: 0.95 },
        refutes: { atLeast: 1 },
      },
    ],
    conclude: {
      supported:
        'With TCP_DEFER_ACCEPT for one SYN-ACK the serial server has {harm} of its throughput at 200 clients: it does harm.',
      refuted:
        'With TCP_DEFER_ACCEPT for one SYN-ACK the serial server has {harm} of its throughput at 200 clients: it does no harm.',
      undecided:
        'With TCP_DEFER_ACCEPT for one SYN-ACK the serial server has {harm} of its throughput at 200 clients: not decided.',
    },
  },
];
