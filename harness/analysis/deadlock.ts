import type { Standstill } from '../core/record.ts';

const sends: readonly (string | null)[] = ['sendto', 'sendmsg', 'write', 'writev'];
const waitsForEvents: readonly (string | null)[] = ['epoll_wait', 'epoll_pwait', 'epoll_pwait2'];

/**
 * Whether parent and workers wait for each other: the parent sleeps in the call by which it sends a notice, every worker
 * sleeps until one comes, and clients wait in the accept queue. Null where nobody looked, or where it cannot be seen
 * because only root may know which call a process is in.
 */
export function isDeadlocked({ standstill }: { readonly standstill?: Standstill | null }): boolean | null {
  if (standstill == null) return null;
  const asleep = standstill.processes.filter(({ state }) => state === 'S');
  if (asleep.some(({ syscall }) => syscall === null)) return null;
  const parent = asleep.find(({ role }) => role === 'parent');
  const workers = standstill.processes.filter(({ role }) => role === 'worker');
  return (
    parent !== undefined &&
    sends.includes(parent.syscall) &&
    workers.length > 0 &&
    workers.every(({ state, syscall }) => state === 'S' && waitsForEvents.includes(syscall)) &&
    standstill.waiting > 0
  );
}
