import jStat from 'jstat';
import { geometricMean } from './statistics.ts';

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  /** Null where one value alone says nothing about how far values lie apart. */
  readonly low: number | null;
  readonly high: number | null;
  /** Number of blocks that it rests on. */
  readonly blocks: number;
}

const level = 0.95;

/**
 * The geometric mean of positive values, one a block, with a 95 % interval: Student's interval for the mean of their
 * logarithms. Throughputs and their ratios are positive and scatter by factors, so their logarithms are close to
 * symmetric; and unlike a percentile bootstrap, Student's interval keeps its promise with as few as three blocks.
 * Null when there are no values, or where one is not above 0.
 */
export function intervalOf(values: readonly number[]): Interval | null {
  const estimate = geometricMean(values);
  if (estimate === null) return null;
  const blocks = values.length;
  if (blocks < 2) return { estimate, low: null, high: null, blocks };
  const centre = Math.log(estimate);
  // Sorted, so that the last digit does not depend on the order of the records.
  const squares = [...values].sort((a, b) => a - b).map((value) => (Math.log(value) - centre) ** 2);
  const variance = squares.reduce((sum, square) => sum + square, 0) / (blocks - 1);
  const half = jStat.studentt.inv((1 + level) / 2, blocks - 1) * Math.sqrt(variance / blocks);
  return { estimate, low: Math.exp(centre - half), high: Math.exp(centre + half), blocks };
}
