import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** One process with one epoll loop, which accepts its connections itself. */
const epollSingle: Variant = forkbenchServer('epoll-single', 'one process with one epoll loop', [
  'accept-batch',
  'shortcuts',
]);

export default epollSingle;
