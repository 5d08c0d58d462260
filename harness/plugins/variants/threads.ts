import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** Threads of one process, each with an epoll loop, that share a listening socket. */
const threads: Variant = forkbenchServer(
  'threads',
  'threads with an epoll loop each, which share a listening socket',
  ['workers', 'exclusive', 'accept-batch', 'shortcuts'],
);

export default threads;
