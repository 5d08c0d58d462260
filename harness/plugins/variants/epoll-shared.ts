import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** Forked workers that all watch the same listening socket with epoll. */
const epollShared: Variant = forkbenchServer(
  'epoll-shared',
  'forked epoll workers that share a listening socket',
  ['workers', 'exclusive', 'accept-batch', 'shortcuts'],
);

export default epollShared;
