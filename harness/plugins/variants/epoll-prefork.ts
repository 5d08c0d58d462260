import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** A parent that watches the listening socket and notifies forked workers, which accept and answer with epoll. */
const epollPrefork: Variant = forkbenchServer(
  'epoll-prefork',
  'a parent that notifies forked epoll workers',
  ['workers', 'accept-batch', 'listen-trigger', 'notify-channel', 'notify', 'notify-trigger', 'notify-read'],
);

export default epollPrefork;
