import { defineScenario, type Cause, type ConditionInput } from '../harness/core/scenario.ts';

/** A queue that holds all clients, so that nothing but what is done on purpose is wrong. */
const roomy = { backlog: 1024 };

/** One condition for each strength of what is done to it. */
function made<Strength extends string | number>(
  id: string,
  expects: readonly Cause[],
  strengths: readonly Strength[],
  condition: (strength: Strength) => Omit<ConditionInput, 'id' | 'label' | 'expects'>,
): ConditionInput[] {
  return strengths.map((strength) => ({
    id: `${id}-${strength}`,
    label: `${id} ${strength}`,
    expects: [...expects],
    ...condition(strength),
  }));
}

const servers = ['single', 'prefork-1'];

const conditions: ConditionInput[] = [
  // Work for each request makes sure that no server is faster than the load.
  {
    id: 'clean',
    label: 'nothing wrong',
    expects: [],
    variants: ['serial', 'single', 'prefork-1', 'prefork-2', 'threads'],
    concurrencies: [1, 2, 5, 10, 20, 50, 100, 200],
    variantParams: { ...roomy, 'work-us': 50 },
  },
  ...made('load-held-to', ['generator-bound'], [10, 20, 30, 40], (percent) => ({
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [{ plugin: 'hold-load', params: { share: percent / 100 } }],
  })),
  ...made('backlog', ['queue-bound'], [0, 1], (backlog) => ({
    variants: ['serial', 'single', 'prefork-1'],
    concurrencies: [50, 200],
    variantParams: { backlog },
  })),
  // More clients than ports: the load says so and does not begin.
  ...made('ports', ['port-bound'], [500], () => ({
    variants: servers,
    concurrencies: [600, 1000],
    variantParams: roomy,
    jerrySysctls: { 'net.ipv4.ip_local_port_range': '40000 40499' },
  })),
  // Enough in the range, but most of them are not to be had, which it finds out as it goes.
  ...made('ports-left', ['port-bound'], [50, 150, 190], (ports) => ({
    variants: servers,
    concurrencies: [200],
    variantParams: roomy,
    jerrySysctls: {
      'net.ipv4.ip_local_port_range': '40000 40499',
      'net.ipv4.ip_local_reserved_ports': `${40_000 + ports}-40499`,
    },
  })),
  ...made('link-mbit', ['link-bound'], [2, 5, 10], (mbit) => ({
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [{ plugin: 'link-limit', params: { mbit } }],
  })),
  ...made('busy-loop-beside-the-server-nice', ['disturbed'], [0, 3, 6], (nice) => ({
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [{ plugin: 'busy-loop', params: { host: 'tom', nice } }],
  })),
  ...made('busy-loop-beside-the-load-nice', ['disturbed'], [0, 3], (nice) => ({
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [{ plugin: 'busy-loop', params: { host: 'jerry', nice } }],
  })),
  ...made('busy-loop-at-times-ms', ['disturbed'], [300], (onMs) => ({
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [{ plugin: 'busy-loop', params: { host: 'tom', onMs, offMs: 300 } }],
  })),
  ...made('a-client-stalls-for-ms', ['blocked'], [100, 250, 500], (holdMs) => ({
    variants: ['serial'],
    concurrencies: [5, 50],
    variantParams: roomy,
    disturbances: [{ plugin: 'stalling-client', params: { everyMs: 200, holdMs } }],
  })),
  ...made('answers', ['invalid'], ['mute', 'status', 'length', 'garbage', 'close'], (fault) => ({
    variants: ['faulty'],
    concurrencies: [10],
    variantParams: { fault, share: 0.2 },
  })),
  ...made('never-answers-after', ['invalid'], [1, 500], (after) => ({
    variants: ['faulty'],
    concurrencies: [10],
    variantParams: { fault: 'mute', share: 1, after },
  })),
  {
    id: 'short-queue-and-busy-loop',
    label: 'short queue and busy loop',
    expects: ['queue-bound', 'disturbed'],
    variants: servers,
    concurrencies: [200],
    variantParams: { backlog: 0 },
    disturbances: [{ plugin: 'busy-loop', params: { host: 'tom' } }],
  },
  {
    id: 'short-queue-and-stalling-client',
    label: 'short queue and stalling client',
    expects: ['queue-bound', 'blocked'],
    variants: ['serial'],
    concurrencies: [20, 50],
    variantParams: { backlog: 2 },
    disturbances: [{ plugin: 'stalling-client', params: { everyMs: 100, holdMs: 300 } }],
  },
  {
    id: 'held-load-and-narrow-link',
    label: 'held load and narrow link',
    expects: ['generator-bound', 'link-bound'],
    variants: servers,
    concurrencies: [50],
    variantParams: roomy,
    disturbances: [
      // So that both bind: what the load may still do is about what the link carries.
      { plugin: 'hold-load', params: { share: 0.1 } },
      { plugin: 'link-limit', params: { mbit: 8 } },
    ],
  },
];

const plan = {
  blocks: 2,
  windows: [{ fromConcurrency: 1, warmupMs: 400, windowMs: 2000 }],
  drainMs: 200,
};

/** Cells that are made to be limited by a known cause, and clean ones: are they recognised? */
export default defineScenario({
  name: 'verdicts',
  title: 'Are cells recognised that are made to fail?',
  question: 'How often does a verdict name the cause that was there, and how often one that was not?',
  variants: [
    { id: 'serial', label: 'blocking-serial', plugin: 'blocking-serial' },
    { id: 'single', label: 'epoll-single', plugin: 'epoll-single' },
    { id: 'prefork-1', label: 'epoll-prefork (1 worker)', plugin: 'epoll-prefork', params: { workers: 1 } },
    { id: 'prefork-2', label: 'epoll-prefork (2 workers)', plugin: 'epoll-prefork', params: { workers: 2 } },
    { id: 'threads', label: 'threads (2)', plugin: 'threads', params: { workers: 2 } },
    { id: 'faulty', label: 'a faulty server', plugin: 'faulty', params: { fault: 'mute' } },
  ],
  baseline: 'serial',
  concurrencies: [1, 2, 5, 10, 20, 50, 100, 200],
  conditions,
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: { full: plan, quick: { ...plan, blocks: 1 } },
});
