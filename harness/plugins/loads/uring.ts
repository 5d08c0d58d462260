import type { Load } from '../../core/plugin.ts';
import { generatorLoad } from '../../effects/our-generator.ts';

/** Our generator with one thread and io_uring: it needs the least CPU per request, where the machine allows it. */
const uring: Load = {
  ...generatorLoad('uring', {
    summary: 'our generator, one io_uring thread',
    overheadMs: () => 100,
  }),
  fallback: 'epoll',
};

export default uring;
