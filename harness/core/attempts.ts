import type { Attempt, PlannedRepeat } from './manifest.ts';
import { listenOverflows, type RepeatRecord } from './record.ts';

/** What tells an attempt from all others of its run. */
export const attemptName = ({ repeatId, attempt }: Pick<Attempt, 'repeatId' | 'attempt'>): string =>
  `${repeatId}, attempt ${attempt}`;

/** What became of an attempt by its record, whatever the manifest says: that is written later. */
export function outcomeBy(record: RepeatRecord | undefined, said: Attempt['outcome']): Attempt['outcome'] {
  if (record === undefined) return 'discarded';
  return said === 'superseded' ? said : record.status;
}

export const overflowed = (record: RepeatRecord): boolean => (listenOverflows(record) ?? 0) > 0;

/** Whether clients in back-off could not come again within its window, so that it is made again. A failure is a result. */
export const isTooShort = (record: RepeatRecord, planned: PlannedRepeat): boolean =>
  record.status === 'ok' && overflowed(record) && record.windowMs < (planned.overflowWindowMs ?? 0);

/** Whether whoever goes on with a run makes this repeat again: that its host was lost says nothing of the cell. */
export const isToMakeAgain = (record: RepeatRecord, planned: PlannedRepeat): boolean =>
  record.failure?.hostLost === true || isTooShort(record, planned);
