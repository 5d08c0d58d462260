import type { Load } from '../../core/plugin.ts';
import { generatorLoad } from '../../effects/our-generator.ts';

/** Our generator with one blocking process per client: the request and the timing of webbench 1.5. */
const processes: Load = {
  // The seed's largest; ten thousand processes do not even come to their start here.
  mostConnections: 3000,
  ...generatorLoad('processes', {
    summary: 'our generator, one blocking process per client as webbench has',
    // Each client sleeps a second before it starts, as webbench's do; to fork and to end takes a process 0.4 ms at most.
    overheadMs: (concurrency) => 1100 + 0.4 * concurrency,
    parameters: {},
  }),
};

export default processes;
