import type { SyscallProfile } from './record.ts';

type Row = SyscallProfile['rows'][number];

/**
 * Parses the table of `strace -c`: `% time, seconds, usecs/call, calls, errors, syscall`; the column of errors is
 * empty where there were none. There is no table at all where a process finished no call between attaching and
 * detaching, as one that waits all the time. Throws an Error where strace did not get that far.
 */
export function parseStraceSummary(text: string): Row[] {
  if (!/^% time\s+seconds\s+usecs\/call\s+calls/m.test(text)) {
    if (/^strace: Process \d+ detached$/m.test(text)) return [];
    throw new Error('strace printed no summary');
  }
  const row = /^\s*[\d.]+\s+([\d.]+)\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?([a-z_][a-z0-9_]*)$/gm;
  return [...text.matchAll(row)]
    .map(([, seconds, calls, errors, syscall]) => ({
      syscall: syscall!,
      calls: Number(calls),
      errors: Number(errors ?? 0),
      timeUs: Math.round(Number(seconds) * 1e6),
    }))
    .filter((entry) => entry.syscall !== 'total');
}

/** What several processes did together, by syscall. */
export function sumOfRows(tables: readonly (readonly Row[])[]): Row[] {
  const sums = new Map<string, Row>();
  for (const { syscall, calls, errors, timeUs } of tables.flat()) {
    const sum = sums.get(syscall) ?? { syscall, calls: 0, errors: 0, timeUs: 0 };
    sums.set(syscall, {
      syscall,
      calls: sum.calls + calls,
      errors: sum.errors + errors,
      timeUs: sum.timeUs + timeUs,
    });
  }
  return [...sums.values()];
}
