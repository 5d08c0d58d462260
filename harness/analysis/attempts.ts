import type { RepeatRecord } from '../core/record.ts';

/** The order of texts by their code units, the same everywhere. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Attempted = Pick<RepeatRecord, 'repeatId' | 'block' | 'position' | 'startedAt'>;

/**
 * Each repeat once, in an order that does not depend on the journal's. A repeat that was attempted again counts by
 * its last attempt.
 */
export function lastAttempts<Attempt extends Attempted>(records: readonly Attempt[]): Attempt[] {
  const byId = new Map<string, Attempt>();
  for (const record of records) {
    const other = byId.get(record.repeatId);
    if (!other || isLater(record, other)) byId.set(record.repeatId, record);
  }
  return [...byId.values()].sort((a, b) => a.block - b.block || compareText(a.repeatId, b.repeatId));
}

function isLater(a: Attempted, b: Attempted): boolean {
  return a.position !== b.position ? a.position > b.position : a.startedAt > b.startedAt;
}
