import { defineScenario } from '../harness/core/scenario.ts';
import { seedExperiment } from './seed/servers.ts';

/** Test 2 of the seed experiment: the server has two cores, the load a third (or shares one where there is none). */
export default defineScenario({
  ...seedExperiment,
  name: 'dual-core',
  title: 'Serial and pre-forked servers on two cores',
  question: 'What do a second core and a second worker gain?',
  hosts: { tomCores: 2, jerryCores: 1 },
  seedTable: 'dual-core',
});
