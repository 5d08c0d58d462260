import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

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

/*
 * ss asks the kernel for just the sockets in question; /proc/net/tcp lists every connection in TIME_WAIT too, which
 * after a few thousand short connections takes too long to be read again and again.
 */

/** Whether a process of this network namespace listens on the port. */
export async function isListening(port: number): Promise<boolean> {
  const { stdout } = await execa('ss', ['-Hltn', `sport = :${port}`]);
  return stdout !== '';
}

/** How many bytes wait to be read in the socket that the connection has on the side of `localPort`. */
export async function unreadBytes(localPort: number, remotePort: number): Promise<number> {
  const { stdout } = await execa('ss', ['-Htn', `sport = :${localPort} and dport = :${remotePort}`]);
  const [, receiveQueue = '0'] = stdout.split(/\s+/);
  return Number(receiveQueue);
}

/** How many clients wait for their handshake with the server at this port. */
export async function handshakesAt(port: number): Promise<number> {
  return countSockets('syn-sent', `dport = :${port}`);
}

/** The sizes of the receive buffers of those that are connected to this port. */
export async function receiveBuffersAt(port: number): Promise<number[]> {
  const { stdout } = await execa('ss', ['-Htnm', 'state', 'established', `dport = :${port}`]);
  return [...stdout.matchAll(/skmem:\(r\d+,rb(\d+)/g)].map(([, bytes]) => Number(bytes));
}

/** How many connections with the server at this port are in TIME_WAIT, on the side of the client and of the server. */
export async function timeWaitsAt(port: number): Promise<{ client: number; server: number }> {
  return {
    client: await countSockets('time-wait', `dport = :${port}`),
    server: await countSockets('time-wait', `sport = :${port}`),
  };
}

async function countSockets(state: string, filter: string): Promise<number> {
  const { stdout } = await execa('ss', ['-Htn', 'state', state, filter]);
  return stdout.split('\n').filter((line) => line !== '').length;
}
