import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** Forked workers with a listening socket each, among which the kernel distributes the connections. */
const epollReuseport: Variant = forkbenchServer(
  'epoll-reuseport',
  'forked epoll workers with a listening socket each',
  ['workers', 'accept-batch', 'shortcuts'],
);

export default epollReuseport;
