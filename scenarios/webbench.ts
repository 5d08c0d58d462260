import { defineScenario } from '../harness/core/scenario.ts';

/** Whether `processes` loads a server as webbench does, so that it may stand in where webbench is not to be had. */
export default defineScenario({
  name: 'webbench',
  title: 'Our model of webbench against webbench',
  question:
    'Does the load processes make as many requests per second as webbench, after which it is modelled? At each concurrency the ratio should lie between 0.95 and 1.05.',
  variants: [
    { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial', params: { backlog: 4096 } },
  ],
  baseline: 'blocking-serial',
  loads: [{ id: 'processes' }, { id: 'webbench', required: true }],
  referenceLoad: 'processes',
  loadTargets: [
    {
      load: 'webbench',
      figure: 'requests per second',
      concurrencies: [1, 10, 100, 1000],
      atLeast: 0.95,
      atMost: 1.05,
    },
  ],
  concurrencies: [1, 10, 100, 1000],
  hosts: { tomCores: 1, jerryCores: 1 },
  ceiling: false,
  plans: {
    full: { blocks: 10, windows: [{ fromConcurrency: 1, warmupMs: 500, windowMs: 5000 }] },
    quick: { blocks: 5, windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 2000 }] },
  },
});
