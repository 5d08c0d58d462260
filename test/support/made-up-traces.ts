import type { RepeatRecord } from '../../harness/core/record.ts';

/** What is left of a server's speed under each tracer. */
export const tracedSpeeds: Readonly<Record<string, number>> = {
  strace: 0.25,
  'strace-wall': 0.2,
  'syscall-times': 0.8,
};

/** What a tracer saw of that many requests; writev takes `cost` microseconds. */
export function traced(
  tracer: string,
  prefork: boolean,
  requests: number,
  cost: number,
): Pick<RepeatRecord, 'tracer' | 'syscalls' | 'syscallTimes'> {
  const accept = prefork ? 'accept4' : 'accept';
  // Name, calls, errors, system time and waiting in microseconds per call.
  const answering = [
    ['writev', requests, 0, cost, 0],
    ['close', requests, 0, cost - 4, 0],
    [accept, requests + 1, 0, 3, prefork ? 0 : 17],
    ['recvfrom', requests, 0, 4, 2],
    ['brk', 3, 0, 4, 0],
  ] as const;
  const notifying = [
    ['sendto', requests, 0, 2, 0],
    ['epoll_wait', requests, 0, 1, 40],
  ] as const;
  const roles = prefork
    ? [
        { role: 'parent' as const, calls: notifying },
        { role: 'worker' as const, calls: answering },
      ]
    : [{ role: 'only' as const, calls: answering }];
  if (tracer === 'syscall-times') {
    return {
      tracer,
      syscallTimes: roles.flatMap(({ role, calls }) =>
        calls.map(([syscall, count, , systemUs, waitUs]) => ({
          tool: 'syscall-times',
          role,
          syscall,
          calls: count,
          timeUs: count * (systemUs + waitUs),
          buckets: bucketsOf(systemUs + waitUs, count),
        })),
      ),
    };
  }
  const wall = tracer === 'strace-wall';
  return {
    tracer,
    syscalls: roles.map(({ role, calls }) => ({
      tool: wall ? 'strace -c -w -f' : 'strace -c -f',
      clock: wall ? ('wall' as const) : ('system' as const),
      role,
      rows: calls.map(([syscall, count, errors, systemUs, waitUs]) => ({
        syscall,
        calls: count,
        errors,
        timeUs: count * (systemUs + (wall ? waitUs + 30 : 0)),
      })),
    })),
  };
}

/** Most calls in the bucket of `timeUs`, one in twenty in that for eight times as much. */
function bucketsOf(timeUs: number, calls: number): [number, number][] {
  const lowerUs = 2 ** Math.floor(Math.log2(timeUs * 1000)) / 1000;
  const slow = Math.floor(calls / 20);
  return [[lowerUs, calls - slow], ...(slow > 0 ? ([[8 * lowerUs, slow]] as [number, number][]) : [])];
}
