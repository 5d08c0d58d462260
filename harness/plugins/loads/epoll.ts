import type { Load } from '../../core/plugin.ts';
import { generatorLoad } from '../../effects/our-generator.ts';

/** Our generator with one thread and edge-triggered epoll: what stands in for uring, since it works everywhere. */
const epoll: Load = generatorLoad('epoll', {
  summary: 'our generator, one epoll thread',
  overheadMs: () => 100,
});

export default epoll;
