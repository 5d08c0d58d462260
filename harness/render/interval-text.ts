import type { Interval } from '../analysis/intervals.ts';
import { noData } from './format.ts';

/** ` (1.25–1.41)`; empty where there is no interval, or fewer blocks than one is worth showing for. */
export function rangeText(
  { low, high, blocks }: Interval,
  format: (value: number) => string,
  fewestBlocks = 2,
): string {
  return low === null || high === null || blocks < fewestBlocks ? '' : ` (${format(low)}–${format(high)})`;
}

/** An estimate for a table's cell, with its interval small below it. */
export function intervalCell(
  interval: Interval | null | undefined,
  format: (value: number) => string,
): string {
  if (!interval) return noData;
  const { estimate, low, high } = interval;
  if (low === null || high === null) return format(estimate);
  return `${format(estimate)}<br><sub>${format(low)}–${format(high)}</sub>`;
}
