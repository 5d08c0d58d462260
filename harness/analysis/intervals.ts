import jStat from 'jstat';
import { geometricMean, sum } from './statistics.ts';

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  /** Null where one value alone says nothing about how far values lie apart. */
  readonly low: number | null;
  readonly high: number | null;
  /** Number of blocks that it rests on. */
  readonly blocks: number;
  /**
   * How often so large a distance from 1 would come about by chance if there were none (two-sided Student's test of the
   * logarithms): the interval leaves 1 out where this is below 0.05. Null without an interval.
   */
  readonly pValue: number | null;
}

const level = 0.95;

/** With two blocks an interval reaches from a tenth to ten times its middle: that helps nobody. */
export const fewestForInterval = 3;

/**
 * The geometric mean of positive values, one a block, with a 95 % interval: Student's interval for the mean of their
 * logarithms. Throughputs and their ratios are positive and scatter by factors, so their logarithms are close to
 * symmetric, and geometric mean and median estimate the same. Blocks are the units that are repeated, as Kalibera and
 * Jones ask for ("Rigorous benchmarking in reasonable time", 2013: the highest level at which chance enters); unlike
 * their percentile bootstrap, Student's interval keeps its promise with as few as two of them, which
 * test/harness/analysis/coverage.test.ts shows on the noise of real journals. Null when there are no values, or where
 * one is not above 0.
 */
export function intervalOf(values: readonly number[]): Interval | null {
  const estimate = geometricMean(values);
  if (estimate === null) return null;
  const blocks = values.length;
  if (blocks < 2) return { estimate, low: null, high: null, blocks, pValue: null };
  return studentInterval(Math.log(estimate), standardError(values.map(Math.log)), blocks - 1, blocks);
}

/** The interval around exp(centre), from the standard error of `centre` and its degrees of freedom. */
export function studentInterval(centre: number, error: number, freedom: number, blocks: number): Interval {
  const half = quantile(freedom) * error;
  return {
    estimate: Math.exp(centre),
    low: Math.exp(centre - half),
    high: Math.exp(centre + half),
    blocks,
    pValue: twoSided(centre, error, freedom),
  };
}

/**
 * The mean of values from zero up, one a block, with Student's interval for it, which ends at zero. Null when there are
 * none; the p-value is that of a mean of zero.
 */
export function amountInterval(values: readonly number[]): Interval | null {
  const blocks = values.length;
  if (blocks === 0) return null;
  const estimate = meanOf(ascending(values));
  if (blocks < 2) return { estimate, low: null, high: null, blocks, pValue: null };
  const error = standardError(values);
  const half = quantile(blocks - 1) * error;
  return {
    estimate,
    low: Math.max(0, estimate - half),
    high: estimate + half,
    blocks,
    pValue: twoSided(estimate, error, blocks - 1),
  };
}

const mostBlocks = 1000;

/**
 * With how many blocks an interval that reaches `half` to either side after `blocks` of them would reach `wanted`, if
 * they scatter as these do: half = t(n - 1) s / sqrt(n). Both on the scale on which it is symmetric. Null: more than
 * a thousand.
 */
export function blocksFor(half: number, blocks: number, wanted: number): number | null {
  const deviation = (half * Math.sqrt(blocks)) / quantile(blocks - 1);
  for (let needed = blocks + 1; needed <= mostBlocks; needed += 1) {
    if ((quantile(needed - 1) * deviation) / Math.sqrt(needed) <= wanted) return needed;
  }
  return null;
}

const quantiles = new Map<number, number>();

/** How many standard errors the interval reaches to either side. Kept, since finding it takes longer than all the rest. */
function quantile(freedom: number): number {
  const known = quantiles.get(freedom);
  if (known !== undefined) return known;
  const found = jStat.studentt.inv((1 + level) / 2, freedom);
  quantiles.set(freedom, found);
  return found;
}

function twoSided(centre: number, error: number, freedom: number): number {
  if (error === 0) return centre === 0 ? 1 : 0;
  return 2 * jStat.studentt.cdf(-Math.abs(centre) / error, freedom);
}

/** Of the mean of at least two values. */
export function standardError(values: readonly number[]): number {
  return Math.sqrt(varianceOf(values) / values.length);
}

/** Sorted, so that the last digit of a sum does not depend on the order of the records. */
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const meanOf = (values: readonly number[]): number => sum(values) / values.length;

/** The sample's variance, of at least two values. */
export function varianceOf(values: readonly number[]): number {
  const sorted = ascending(values);
  const mean = meanOf(sorted);
  return sorted.reduce((total, value) => total + (value - mean) ** 2, 0) / (sorted.length - 1);
}

/** How far an interval reaches to either side of its estimate, as a share: 0.05 for "within 5 %". Null: not known. */
export function halfWidth(interval: Interval | null): number | null {
  if (interval === null || interval.low === null || interval.high === null) return null;
  return Math.sqrt(interval.high / interval.low) - 1;
}
