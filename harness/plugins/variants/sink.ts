import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** Answers as cheaply as can be, so that the load generator is what is measured. */
const sink: Variant = forkbenchServer('sink', 'as little server as can be, to try load generators against', [
  'backlog',
  'response-bytes',
  'work-us',
]);

export default sink;
