import { readFile } from 'node:fs/promises';

/** What /proc tells about a process; null when there is none, or only its zombie. */
export async function processState(pid: number): Promise<{ state: string; cpuTicks: number } | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name in brackets may hold anything, so the fields are counted from its end: state is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  if (state === 'Z' || state === 'X') return null;
  return { state, cpuTicks: Number(fields[11]) + Number(fields[12]) };
}

/** One clock tick of /proc/PID/stat; USER_HZ is 100 on every Linux that Node runs on. */
export const msPerTick = 10;

interface TcpSocket {
  readonly localPort: number;
  readonly remotePort: number;
  readonly listening: boolean;
  readonly unreadBytes: number;
}

/** The TCP sockets of this network namespace. */
export async function tcpSockets(): Promise<TcpSocket[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.trimEnd().split('\n').slice(1))
    .map((line) => {
      const [, local = '', remote = '', state, queues = ''] = line.trim().split(/\s+/);
      const port = (address: string): number => parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
      return {
        localPort: port(local),
        remotePort: port(remote),
        listening: state === '0A',
        unreadBytes: parseInt(queues.slice(queues.indexOf(':') + 1), 16),
      };
    });
}
