import type { RepeatRecord } from '../core/record.ts';
import { median, present, sum } from './statistics.ts';

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

/** What one process of a server that counts itself did in a repeat. */
export interface WorkerFigures {
  readonly role: 'only' | 'parent' | 'worker';
  readonly accepted: number;
  readonly answered: number;
  readonly coreShare: number | null;
}

/** By slot; none where the server does not count itself. */
export const workersOf = (record: RepeatRecord): WorkerFigures[] =>
  (record.server?.processes ?? []).map(({ role, pid, accepted, answered }) => ({
    role,
    accepted,
    answered,
    coreShare: coreShare(record, pid),
  }));

/** The processes of a server that counts itself, parent first; none where it has only one, or keeps no counters. */
export function workerShares(
  repeats: readonly { readonly ok: boolean; readonly workers: readonly WorkerFigures[] }[],
): WorkerShare[] {
  const good = repeats.filter(({ ok, workers }) => ok && workers.length > 0).map(({ workers }) => workers);
  const slots = Math.max(0, ...good.map(({ length }) => length));
  if (slots < 2) return [];
  return Array.from({ length: slots }, (_, slot) => {
    const inSlot = good.filter(({ length }) => slot < length);
    const shareOf = (count: 'accepted' | 'answered'): number | null =>
      median(
        inSlot.flatMap((workers) => {
          const total = sum(workers.map((one) => one[count]));
          return total > 0 ? [workers[slot]![count] / total] : [];
        }),
      );
    return {
      slot,
      role: good[0]![slot]?.role ?? 'worker',
      acceptedShare: shareOf('accepted'),
      answeredShare: shareOf('answered'),
      cpuShare: median(present(inSlot.map((workers) => workers[slot]!.coreShare))),
    };
  });
}
