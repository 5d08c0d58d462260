import type { Variant } from '../../core/plugin.ts';
import { forkbenchServer } from '../../effects/our-servers.ts';

/** One process, one connection at a time: blocking accept, recv, writev, close. */
const blockingSerial: Variant = forkbenchServer('blocking-serial', 'one process, one connection at a time');

export default blockingSerial;
