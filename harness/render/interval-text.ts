import { fewestForInterval, type Interval } from '../analysis/intervals.ts';
import { formatRatio, noData } from './format.ts';

/** The borders of an interval that rests on blocks enough to be worth showing. */
export function bordersOf({
  low,
  high,
  blocks,
}: Omit<Interval, 'pValue'>): { readonly low: number; readonly high: number } | null {
  return low === null || high === null || blocks < fewestForInterval ? null : { low, high };
}

/** ` (1.25–1.41)`; empty where there is no interval, or fewer blocks than one is worth showing for. */
export function rangeText(
  interval: Omit<Interval, 'pValue'>,
  format: (value: number) => string,
  remark = '',
): string {
  const borders = bordersOf(interval);
  return borders === null ? '' : ` (${format(borders.low)}–${format(borders.high)}${remark})`;
}

/** A ratio with its interval. */
export const ratioText = (ratio: Interval): string =>
  formatRatio(ratio.estimate) + rangeText(ratio, formatRatio);

/** An interval small below its estimate in a table's cell; empty as above. */
export function rangeBelow(interval: Interval, format: (value: number) => string): string {
  const borders = bordersOf(interval);
  return borders === null ? '' : `<br><sub>${format(borders.low)}–${format(borders.high)}</sub>`;
}

/** An estimate for a table's cell, with its interval small below it. */
export const intervalCell = (
  interval: Interval | null | undefined,
  format: (value: number) => string,
): string => (interval ? format(interval.estimate) + rangeBelow(interval, format) : noData);
