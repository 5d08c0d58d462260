import { defineScenario } from '../harness/core/scenario.ts';
import { seedExperiment } from './seed/servers.ts';

/** Test 1 of the seed experiment: the server has one core, the load another. */
export default defineScenario({
  ...seedExperiment,
  name: 'single-core',
  title: 'Serial and pre-forked servers on one core',
  question:
    'Does a blocking serial server fall behind pre-forked epoll servers on one core, and from where on?',
  hosts: { tomCores: 1, jerryCores: 1 },
  seedTable: 'single-core',
});
