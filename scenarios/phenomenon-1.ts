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
  windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 1500 }],
  drainMs: 100,
};

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
  plans: { full: plan, quick: { ...plan, blocks: 1 } },
});
