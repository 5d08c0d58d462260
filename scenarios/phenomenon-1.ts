import { defineScenario, type ConditionInput } from '../harness/core/scenario.ts';

/** Where nothing overflows, and from where on it does. */
const concurrencies = [5, 10, 20, 200];
const overflowing = [20, 200];

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
    variants: ['blocking-serial'],
    variantParams: { 'defer-accept': 5 },
  },
  {
    id: 'deferred-no-cookies',
    label: 'the same for five, without SYN cookies',
    variants: ['blocking-serial'],
    variantParams: { 'defer-accept': 5 },
    tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
  },
  {
    id: 'impatient',
    label: 'a connection without a request is closed after 20 ms',
    variants: ['blocking-serial'],
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
];

const plan = {
  blocks: 3,
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
      concurrencies: overflowing,
      probes: ['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link', 'packets'],
    },
    ...interventions.map((condition) => ({ ...condition, concurrencies: overflowing })),
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
          what: 'backlog 5, 20 and 200 clients: share of the time that the server sleeps while others wait',
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
          'It does: at 20 and 200 clients the serial server sleeps {blocked} of the time in recv while others wait; where connections are handed over with their request {deferred}, and without overflow {clean}.',
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
        'At 200 clients TCP_DEFER_ACCEPT does harm: connections that wait for their request count as half-open, of which there may be no more than the backlog, so SYNs are answered with cookies, and dropped where there are none.',
      source: 'ours, from a first look',
      tests: [
        {
          id: 'harms',
          what: '200 clients: throughput with TCP_DEFER_ACCEPT over that without',
          figure: 'requestsPerSecond',
          of: serial('deferred', 200),
          over: serial('as-in-the-seed', 200),
          supports: { atMost: 0.95 },
          refutes: { atLeast: 1 },
        },
        {
          id: 'cookies',
          what: '200 clients, TCP_DEFER_ACCEPT: throughput without SYN cookies over that with them',
          figure: 'requestsPerSecond',
          of: serial('deferred-no-cookies', 200),
          over: serial('deferred-for-long', 200),
          supports: { atMost: 0.95 },
          refutes: { atLeast: 1 },
        },
      ],
      conclude: {
        supported:
          'With TCP_DEFER_ACCEPT the serial server has {harms} of its throughput at 200 clients, and without SYN cookies {cookies} of that.',
        refuted:
          'Not as the first look said: at 200 clients it has {harms} of its throughput with TCP_DEFER_ACCEPT; taking SYN cookies away changes that to {cookies}.',
        undecided:
          'At 200 clients it has {harms} of its throughput with TCP_DEFER_ACCEPT, and {cookies} of that without SYN cookies: not decided.',
      },
    },
  ],
});
