import { defineScenario, type ConditionInput } from '../harness/core/scenario.ts';

/** Where nothing overflows, and from where on it does. */
const concurrencies = [5, 10, 20, 200, 1000];
const overflowing = [20, 200, 1000];

/** Something else than in the seed experiment, which takes one cause of the fall away. */
const interventions: ConditionInput[] = [
  { id: 'long-queue', label: 'backlog 1024', variantParams: { backlog: 1024 } },
  {
    id: 'deferred',
    label: 'connections handed over with their request (TCP_DEFER_ACCEPT)',
    variantParams: { 'defer-accept': 1 },
  },
  {
    id: 'deferred-for-long',
    label: 'the same for five SYN-ACKs instead of one',
    variantParams: { 'defer-accept': 5 },
  },
  {
    id: 'deferred-no-cookies',
    label: 'the same for five, without SYN cookies',
    variantParams: { 'defer-accept': 5 },
    tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
  },
  {
    id: 'impatient',
    label: 'a connection without a request is closed after 20 ms',
    variantParams: { 'recv-timeout-ms': 20 },
  },
  {
    id: 'resetting',
    label: 'an overflow resets the connection',
    tomSysctls: { 'net.ipv4.tcp_abort_on_overflow': 1 },
  },
  {
    id: 'no-cookies',
    label: 'no SYN cookies',
    tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
  },
  {
    id: 'as-in-2022',
    label: 'SYNs are sent again after 1, 2, 4 and 8 s, as before Linux 6.5',
    jerrySysctls: { 'net.ipv4.tcp_syn_linear_timeouts': 0 },
  },
];

const plan = {
  blocks: 5,
  windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 3000 }],
  drainMs: 100,
};

const serial = (condition: string, ...at: number[]) => ({
  variant: 'blocking-serial',
  condition,
  concurrencies: at,
});

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
  concurrencies,
  conditions: [
    { id: 'as-in-the-seed', label: 'backlog 5, as in the seed experiment', concurrencies },
    {
      id: 'captured',
      label: 'the same, packets captured',
      concurrencies: [20, 1000],
      probes: ['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link', 'packets'],
    },
    {
      id: 'slow',
      label: '500 µs of work for each request: as fast as the server of the seed',
      variants: ['blocking-serial'],
      concurrencies: [5, 20, 1000],
      variantParams: { 'work-us': 500 },
    },
    ...interventions.map((condition) => ({
      ...condition,
      variants: ['blocking-serial'],
      concurrencies: overflowing,
    })),
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  ceiling: false,
  plans: { full: plan, quick: { ...plan, blocks: 3 } },
  hypotheses: [
    {
      id: 'waits-in-recv',
      question: 'P1c',
      claim:
        'After an overflow the serial server accepts connections whose request was dropped and sleeps in recv until the client sends it again, while others wait; with connections handed over only with their request (TCP_DEFER_ACCEPT) it does not, and where nothing overflows neither.',
      source: 'ours',
      tests: [
        {
          id: 'blocked',
          what: 'backlog 5, 20, 200 and 1000 clients: share of the time that the server sleeps while others wait',
          figure: 'blockedShare',
          of: serial('as-in-the-seed', ...overflowing),
          supports: { atLeast: 0.08 },
          refutes: { atMost: 0.03 },
        },
        {
          id: 'deferred',
          what: 'the same with TCP_DEFER_ACCEPT',
          figure: 'blockedShare',
          of: serial('deferred', ...overflowing),
          supports: { atMost: 0.03 },
          refutes: { atLeast: 0.08 },
        },
        {
          id: 'clean',
          what: 'the same at 5 clients, without overflow',
          figure: 'blockedShare',
          of: serial('as-in-the-seed', 5),
          supports: { atMost: 0.03 },
          refutes: { atLeast: 0.08 },
        },
      ],
      conclude: {
        supported:
          'It does: at 20, 200 and 1000 clients the serial server sleeps {blocked} of the time in recv while others wait; where connections are handed over with their request {deferred}, and without overflow {clean}.',
        refuted:
          'Not as claimed: the serial server sleeps {blocked} of the time while others wait, with TCP_DEFER_ACCEPT {deferred}, without overflow {clean}.',
        undecided:
          'The serial server sleeps {blocked} of the time while others wait, with TCP_DEFER_ACCEPT {deferred}, without overflow {clean}: not decided.',
      },
    },
    {
      id: 'what-it-costs',
      question: 'P1c',
      claim: 'Taking that wait away gives the serial server throughput back at 20 clients.',
      source: 'ours, from a first look: TCP_DEFER_ACCEPT helped at 20 clients, and did harm at 200',
      tests: [
        {
          id: 'helps',
          what: '20 clients: throughput with TCP_DEFER_ACCEPT over that without',
          figure: 'requestsPerSecond',
          of: serial('deferred', 20),
          over: serial('as-in-the-seed', 20),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 1 },
        },
        {
          id: 'impatient',
          what: '20 clients: throughput with a receive timeout of 20 ms over that without',
          figure: 'requestsPerSecond',
          of: serial('impatient', 20),
          over: serial('as-in-the-seed', 20),
          supports: { atLeast: 1.05 },
          refutes: { atMost: 1 },
        },
      ],
      conclude: {
        supported:
          'Without that wait the serial server has {helps} (TCP_DEFER_ACCEPT) or {impatient} (receive timeout) of its throughput at 20 clients.',
        refuted:
          'That wait is not what costs it its throughput at 20 clients: {helps} with TCP_DEFER_ACCEPT, {impatient} with a receive timeout.',
        undecided:
          'At 20 clients the serial server has {helps} of its throughput with TCP_DEFER_ACCEPT, {impatient} with a receive timeout: not decided.',
      },
    },
    {
      id: 'why-it-harms',
      question: 'P1c',
      claim:
        'At 200 and 1000 clients TCP_DEFER_ACCEPT does harm: connections that wait for their request count as half-open, of which there may be no more than the backlog, so SYNs are answered with cookies, and dropped where there are none.',
      source: 'ours, from a first look',
      tests: [
        {
          id: 'harms',
          what: '200 and 1000 clients: throughput with TCP_DEFER_ACCEPT over that without',
          figure: 'requestsPerSecond',
          of: serial('deferred', 200, 1000),
          over: serial('as-in-the-seed', 200, 1000),
          supports: { atMost: 0.95 },
          refutes: { atLeast: 1 },
        },
        {
          id: 'cookies',
          what: '200 and 1000 clients, TCP_DEFER_ACCEPT: throughput without SYN cookies over that with them',
          figure: 'requestsPerSecond',
          of: serial('deferred-no-cookies', 200, 1000),
          over: serial('deferred-for-long', 200, 1000),
          supports: { atMost: 0.95 },
          refutes: { atLeast: 1 },
        },
      ],
      conclude: {
        supported:
          'With TCP_DEFER_ACCEPT the serial server has {harms} of its throughput at 200 and 1000 clients, and without SYN cookies {cookies} of that.',
        refuted:
          'Not as the first look said: at 200 and 1000 clients it has {harms} of its throughput with TCP_DEFER_ACCEPT; taking SYN cookies away changes that to {cookies}.',
        undecided:
          'At 200 and 1000 clients it has {harms} of its throughput with TCP_DEFER_ACCEPT, and {cookies} of that without SYN cookies: not decided.',
      },
    },
    {
      id: 'speed',
      question: 'P1',
      claim:
        'A serial server that is as slow as that of the seed falls as little from 5 to 20 clients as a fast one: the speed of a core is not why the seed fell.',
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
