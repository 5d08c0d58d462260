import type { RepeatRecord } from '../core/record.ts';
import { sharesCores } from './cpu.ts';
import { portsOf } from './sockets.ts';
import { present, sum } from './statistics.ts';

/**
 * What a record says by itself for one cause or another. Shares are from 0 to 1. Null: not measured, so it speaks neither
 * for nor against.
 */
export interface Facts {
  readonly sharesCores: boolean;
  /** Of one core: the busiest of the server's processes, and what it is. */
  readonly busiestShare: number | null;
  readonly busiestRole: 'only' | 'parent' | 'worker' | null;
  /** Clients without a connection, or with one that only they know of. */
  readonly backoffShare: number | null;
  readonly blockedShare: number | null;
  readonly longestBlockMs: number | null;
  /** The system call in which the server slept most often while somebody waited. */
  readonly blockedIn: string | null;
  readonly portFailureShare: number | null;
  /** Local ports in use or in TIME_WAIT at the load's end. */
  readonly portsUsedShare: number | null;
  readonly heldBackShare: number | null;
  /** Requests of the window that failed otherwise than by a lack of ports. */
  readonly failureShare: number | null;
  readonly commonestFailure: string | null;
  /** Requests that had a connection and got no answer by the end of the drain, of all clients. */
  readonly unansweredShare: number | null;
}

export function factsOf(record: RepeatRecord): Facts {
  const queue = record.acceptQueue;
  const busiest = busiestProcess(record);
  const failures = failuresOf(record);
  return {
    sharesCores: sharesCores(record.cpu),
    busiestShare: busiest?.share ?? null,
    busiestRole: busiest?.role ?? null,
    backoffShare: backoffShare(record),
    // Without the server's count of its answers many short sleeps look like one.
    blockedShare: record.server ? (queue?.blockedShare ?? null) : null,
    longestBlockMs: record.server ? (queue?.longestBlockMs ?? null) : null,
    blockedIn: queue ? commonest(withoutIdling(queue.sleptIn)) : null,
    portFailureShare: failures && failures.noLocalPort / failures.attempts,
    portsUsedShare: portsUsedShare(record),
    heldBackShare: heldBackShare(record),
    failureShare: failures && failures.others / failures.attempts,
    commonestFailure: failures?.commonest ?? null,
    unansweredShare: unansweredShare(record),
  };
}

function busiestProcess(record: RepeatRecord): { share: number; role: 'only' | 'parent' | 'worker' } | null {
  const { cpu, server } = record;
  if (!cpu || cpu.windowMs === 0) return null;
  const processes = cpu.processes.filter(({ host }) => host === 'tom');
  if (processes.length === 0) return null;
  const timeOf = (process: (typeof processes)[number]): number => process.userMs + process.systemMs;
  const busiest = processes.reduce((most, one) => (timeOf(one) > timeOf(most) ? one : most));
  const counted = server?.processes.find(({ pid }) => pid === busiest.pid);
  const guessed = processes.length === 1 ? 'only' : busiest.role === 'main' ? 'parent' : 'worker';
  return { share: timeOf(busiest) / cpu.windowMs, role: counted?.role ?? guessed };
}

/**
 * Between two hosts a handshake takes a fraction of a millisecond, so whoever has not finished one waits for its SYN's
 * retransmission; and whoever believes to be connected, while the server's host knows nothing of it, for its data's.
 */
function backoffShare({ load, sockets, cell, kernel }: RepeatRecord): number | null {
  const connecting = load?.stalled?.connecting ?? null;
  const states = kernel?.separate === true ? sockets?.states : undefined;
  const established = (host: 'tom' | 'jerry'): number => states?.[host]['established']?.mean ?? 0;
  const waiting = states
    ? (states.jerry['synSent']?.mean ?? 0) + Math.max(0, established('jerry') - established('tom'))
    : null;
  const seen = present([connecting, waiting]);
  return seen.length === 0 ? null : Math.min(1, Math.max(...seen) / cell.concurrency);
}

/** Calls in which a server waits for work: somebody came to its queue just then. */
const idling = new Set(['accept', 'accept4', 'epoll_wait', 'epoll_pwait', 'rt_sigsuspend', 'poll', 'ppoll']);

const withoutIdling = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([call]) => !idling.has(call)));

function commonest(counts: Readonly<Record<string, number>>): string | null {
  const sorted = Object.entries(counts).sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1));
  return sorted[0]?.[0] ?? null;
}

function failuresOf({ load }: RepeatRecord) {
  if (!load) return null;
  const { failed, succeeded } = load.window;
  const attempts = succeeded + sum(Object.values(failed));
  if (attempts === 0) return null;
  const { noLocalPort = 0, ...others } = failed;
  return { attempts, noLocalPort, others: sum(Object.values(others)), commonest: commonest(others) };
}

function portsUsedShare({ sockets }: RepeatRecord): number | null {
  if (!sockets) return null;
  return (sockets.jerry.inUse + sockets.jerry.timeWait) / portsOf(sockets);
}

function heldBackShare({ link }: RepeatRecord): number | null {
  if (!link?.heldBack) return null;
  const packets = link.tom.sentPackets + link.jerry.sentPackets;
  return packets > 0 ? (link.heldBack.packets + link.heldBack.dropped) / packets : 0;
}

function unansweredShare({ load, cell }: RepeatRecord): number | null {
  const stalled = load?.stalled;
  return stalled ? (stalled.count - stalled.connecting) / cell.concurrency : null;
}
