import { defineScenario } from '../harness/core/scenario.ts';

const backlog = 4096;

const oneInTen = (does: string, label: string, fault: string) => ({
  id: `one-in-ten-${does}`,
  label,
  plugin: 'faulty',
  params: { fault, share: 0.1 },
});

/** The same cells through every load generator that is there: what each makes of them, and what it says of itself. */
export default defineScenario({
  name: 'tools',
  title: 'The load generators that people know, on the same cells',
  question:
    'How far apart lie the figures of the load generators that people know, which of them agree with the kernel, and why do the others not?',
  // A listen queue that holds all clients: where it overflows every load measures the back-off of TCP.
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog } },
    {
      id: 'epoll-prefork-2',
      label: 'epoll-prefork (2 workers)',
      plugin: 'epoll-prefork',
      params: { workers: 2, backlog },
    },
    oneInTen('fails', 'one answer in ten is a 500', 'status'),
    oneInTen('closes', 'one connection in ten is closed without an answer', 'close'),
    oneInTen('resets', 'one connection in ten is reset', 'reset'),
  ],
  baseline: 'blocking-serial',
  loads: ['uring', 'processes', 'wrk', 'ab', 'h2load', 'autocannon', 'webbench'].map((id) => ({ id })),
  referenceLoad: 'uring',
  concurrencies: [10, 100, 1000],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: {
    full: { blocks: 3, windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 2000 }], drainMs: 200 },
    quick: { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 200, windowMs: 1000 }], drainMs: 200 },
  },
});
