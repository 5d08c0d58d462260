import { family } from './pids.ts';

export type Role = 'only' | 'parent' | 'worker';

/** A process of a server, by our id. */
export interface ServerProcess {
  readonly pid: number;
  readonly role: Role;
}

/**
 * A server's processes and their roles: the one that was started is the parent of all that descend from it, which do
 * the work. Throws where it has ended.
 */
export function serverTree(root: number): ServerProcess[] {
  const pids = family(root);
  if (pids.length === 0) throw new Error('the server has ended');
  return pids.map((pid) => ({ pid, role: pids.length === 1 ? 'only' : pid === root ? 'parent' : 'worker' }));
}
