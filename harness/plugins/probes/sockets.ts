import type { Probe } from '../../core/plugin.ts';
import type { Sockets } from '../../core/record.ts';

/** Parses /proc/net/sockstat. Throws an Error where its TCP line is missing. */
export function parseSockstat(text: string): Sockets['tom'] {
  const line = /^TCP: (.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error('/proc/net/sockstat has no line "TCP:"');
  const words = line.trim().split(/\s+/);
  const value = (name: string): number => Number(words[words.indexOf(name) + 1]);
  return { inUse: value('inuse'), timeWait: value('tw'), orphan: value('orphan') };
}

/** Sockets that are left when the load has ended: TIME_WAIT stays with the side that closed first. */
const sockets: Probe = {
  summary: 'sockets in use and in TIME_WAIT on both hosts, and the ports that Jerry has',
  check: async () => null,

  async start({ testbed: { tom, jerry } }) {
    return {
      async finish() {
        const [toms, jerrys] = await Promise.all([
          tom.readFiles(['/proc/net/sockstat']),
          jerry.readFiles(['/proc/net/sockstat', '/proc/sys/net/ipv4/ip_local_port_range']),
        ]);
        return {
          raw: { 'tom/sockstat.after.txt': toms[0]!, 'jerry/sockstat.after.txt': jerrys[0]! },
          parse() {
            const [first, last] = jerrys[1]!.trim().split(/\s+/).map(Number);
            return {
              sockets: {
                tom: parseSockstat(toms[0]!),
                jerry: parseSockstat(jerrys[0]!),
                jerryPorts: { first: first!, last: last! },
              },
            };
          },
        };
      },
    };
  },
};

export default sockets;
