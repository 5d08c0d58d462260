import type { Machine, RunningProcess } from '../core/plugin.ts';
import { inNetworkOf, startHolder } from './namespaces.ts';

/** A switch for more than two hosts: a bridge in a network namespace of its own, with a port for each. */
export function switchOf(machine: Machine, start: Machine['start']) {
  let holder: RunningProcess | undefined;
  return {
    /** Gives each network namespace, named by the id of a process in it, a device `eth0` on the switch. */
    async join(ids: readonly number[]): Promise<void> {
      const script = ['sh', '-c', 'echo ready; exec sleep infinity'];
      ({ holder } = await startHolder(start, ['unshare', '--net', ...script]));
      const ports = ids.map((id, at) => [
        `link add port${at} type veth peer name eth0 netns ${id}`,
        `link set port${at} master bridge up`,
      ]);
      const batch = ['link add bridge type bridge', 'link set bridge up', ...ports.flat()].join('\n');
      const command = inNetworkOf(holder, machine.root, ['ip', '-batch', '-']);
      const { exitCode, startError, stderr } = await machine.run(command, { input: `${batch}\n` });
      if (exitCode !== 0) throw new Error(`ip: ${(startError ?? stderr).trim()}`);
    },
    async remove(): Promise<void> {
      await holder?.stop({ signal: 'SIGKILL' });
      holder = undefined;
    },
  };
}
