import { writeFile } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import type { Leftover, Machine } from '../core/plugin.ts';

const congestionControl = 'cubic';
const allowedPath = '/proc/sys/net/ipv4/tcp_allowed_congestion_control';

/**
 * A namespace inherits the machine's congestion control, which may be one that few machines have, and may choose
 * another only if the machine allows that one to everybody: where it does not, root adds it for the length of the run.
 * `chosen` is empty where it stays as inherited.
 */
export async function chooseCongestionControl(machine: Machine) {
  const words = async (path: string): Promise<string[]> =>
    (await machine.readFile(path).catch(() => '')).trim().split(/\s+/);
  const nothing = { note: null, changes: [] as string[], undo: async () => undefined };
  const before = await words(allowedPath);
  const inherited = await words('/proc/sys/net/ipv4/tcp_congestion_control');
  if ([...before, ...inherited].includes(congestionControl)) return { ...nothing, chosen: congestionControl };
  const available = await words('/proc/sys/net/ipv4/tcp_available_congestion_control');
  if (!machine.root || !available.includes(congestionControl)) {
    const why = machine.root ? 'the kernel does not have' : 'only root may choose';
    return {
      ...nothing,
      chosen: '',
      note: `Congestion control is the machine's, since ${why} ${congestionControl}.`,
    };
  }
  const leftover: Leftover = { kind: 'sysctl', path: allowedPath, before: before.join(' ') };
  await machine.remember(leftover);
  try {
    await writeFile(allowedPath, [...before, congestionControl].join(' '));
  } catch (error) {
    await machine.forget(leftover);
    const why = `Congestion control is the machine's, since ${congestionControl} could not be allowed`;
    return { ...nothing, chosen: '', note: `${why}: ${messageOf(error)}.` };
  }
  return {
    chosen: congestionControl,
    note: null,
    changes: [`net.ipv4.tcp_allowed_congestion_control: ${congestionControl} added to "${leftover.before}"`],
    async undo() {
      await writeFile(allowedPath, leftover.before);
      await machine.forget(leftover);
    },
  };
}
