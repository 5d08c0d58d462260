import type { HostProcess, HostSide, RunningProcess } from '../core/plugin.ts';

export type Role = 'only' | 'parent' | 'worker';

/** A process of a server. */
export interface ServerProcess extends HostProcess {
  readonly role: Role;
}

/**
 * A server's processes and their roles: the one that was started is the parent of all that descend from it, which do
 * the work. Rejects where it has ended.
 */
export async function serverTree(tom: HostSide, root: number): Promise<ServerProcess[]> {
  const processes = await tom.processes(root);
  if (processes.length === 0) throw new Error('the server has ended');
  return processes.map((one) => ({
    ...one,
    role: processes.length === 1 ? 'only' : one.pid === root ? 'parent' : 'worker',
  }));
}

/** The id by which a process on a host knows itself. */
export async function innerIdOf(side: HostSide, { pid }: RunningProcess): Promise<number> {
  const [first] = await side.processes(pid);
  return first?.innerPid ?? pid;
}
