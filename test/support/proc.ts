import { constants } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
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

/** Names of the calls that tests wait for a process to be in, by number, which each architecture has its own. */
const syscallNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x64: { 1: 'write', 44: 'sendto', 232: 'epoll_wait', 281: 'epoll_wait' },
  arm64: { 64: 'write', 206: 'sendto', 22: 'epoll_wait' },
};

/** The system call that a process sleeps in; null while it runs. */
export async function currentSyscall(pid: number): Promise<string | null> {
  const [number = ''] = (await readFile(`/proc/${pid}/syscall`, 'utf8')).split(' ');
  return /^\d+$/.test(number) ? (syscallNames[process.arch]?.[number] ?? number) : null;
}

const linksOf = async (pid: number): Promise<(readonly [number, string])[]> => {
  const fds = (await readdir(`/proc/${pid}/fd`)).map(Number);
  const links = fds.map(async (fd) => [fd, await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')] as const);
  return Promise.all(links);
};

/** What a process has opened, by descriptor: neither a standard stream nor something that it has from us. */
export async function openFiles(pid: number): Promise<Map<number, string>> {
  const ours = new Set((await linksOf(process.pid)).map(([, file]) => file));
  ours.delete('anon_inode:[eventpoll]');
  return new Map((await linksOf(pid)).filter(([fd, file]) => fd > 2 && !ours.has(file)));
}

export async function isNonBlocking(pid: number, fd: number): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
  return (Number.parseInt(/^flags:\s+(\d+)$/m.exec(info)![1]!, 8) & constants.O_NONBLOCK) !== 0;
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

/** How many connections wait to be accepted from the socket, or sockets, that listen on the port. */
export async function acceptQueueLength(port: number): Promise<number> {
  const { stdout } = await execa('ss', ['-Hltn', `sport = :${port}`]);
  return stdout.split('\n').reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[1] ?? 0), 0);
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
