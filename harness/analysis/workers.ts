import type { RepeatRecord } from '../core/record.ts';
import type { CellAnalysis } from './cells.ts';
import { median, sum } from './statistics.ts';

/** How one process of a server took part, as medians over a cell's repeats. Shares are of all processes' together. */
export interface WorkerShare {
  readonly slot: number;
  readonly role: 'only' | 'parent' | 'worker';
  readonly acceptedShare: number | null;
  readonly answeredShare: number | null;
  /** CPU time of one core; null where it is not known for this process. */
  readonly cpuShare: number | null;
}

/** What a process used of one core's time within the window; null where it is not known. */
export function coreShare({ cpu }: RepeatRecord, wanted: number): number | null {
  const time = cpu?.processes.find(({ pid }) => pid === wanted);
  return time && cpu && cpu.windowMs > 0 ? (time.userMs + time.systemMs) / cpu.windowMs : null;
}

/** The processes of a server that counts itself, parent first; none where it has only one, or keeps no counters. */
export function workerShares(cell: CellAnalysis): WorkerShare[] {
  const good = cell.repeats.filter((repeat) => repeat.ok && repeat.record.server);
  const slots = Math.max(0, ...good.map(({ record }) => record.server!.processes.length));
  if (slots < 2) return [];
  return Array.from({ length: slots }, (_, slot) => {
    const inSlot = good.flatMap(({ record }) => {
      const process = record.server!.processes[slot];
      return process ? [{ process, record }] : [];
    });
    const shareOf = (count: 'accepted' | 'answered'): number | null =>
      median(
        inSlot.flatMap(({ process, record }) => {
          const total = sum(record.server!.processes.map((one) => one[count]));
          return total > 0 ? [process[count] / total] : [];
        }),
      );
    const cpu = inSlot.flatMap(({ process, record }) => {
      const used = coreShare(record, process.pid);
      return used === null ? [] : [used];
    });
    return {
      slot,
      role: good[0]!.record.server!.processes[slot]?.role ?? 'worker',
      acceptedShare: shareOf('accepted'),
      answeredShare: shareOf('answered'),
      cpuShare: median(cpu),
    };
  });
}
