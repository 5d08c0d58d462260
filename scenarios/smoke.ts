import { defineScenario } from '../harness/core/scenario.ts';
import { seedExperiment } from './seed/servers.ts';

const plan = {
  blocks: 1,
  windows: [{ fromConcurrency: 1, warmupMs: 100, windowMs: 500 }],
  drainMs: 100,
};

/** Every part once, in under 20 seconds: shows that a machine can measure, not what it measures. */
export default defineScenario({
  ...seedExperiment,
  name: 'smoke',
  title: 'Smoke test: every part once',
  question: 'Does everything work here?',
  concurrencies: [5, 50],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: { full: plan, quick: plan },
  traced: { concurrencies: [5], variants: ['epoll-prefork-1'], warmupMs: 100, windowMs: 500 },
});
