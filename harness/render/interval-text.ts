import type { Interval } from '../analysis/intervals.ts';
import { noData } from './format.ts';

/** With two blocks an interval reaches from a tenth to ten times its middle: that helps nobody. */
export const fewestForInterval = 3;

/** ` (1.25–1.41)`; empty where there is no interval, or fewer blocks than one is worth showing for. */
export function rangeText(
  { low, high, blocks }: Interval,
  format: (value: number) => string,
  fewestBlocks = fewestForInterval,
  remark = '',
): string {
  if (low === null || high === null || blocks < fewestBlocks) return '';
  return ` (${format(low)}–${format(high)}${remark})`;
}

/** An estimate for a table's cell, with its interval small below it. */
export function intervalCell(
  interval: Interval | null | undefined,
  format: (value: number) => string,
): string {
  if (!interval) return noData;
  const { estimate, low, high, blocks } = interval;
  if (low === null || high === null || blocks < fewestForInterval) return format(estimate);
  return `${format(estimate)}<br><sub>${format(low)}–${format(high)}</sub>`;
}
