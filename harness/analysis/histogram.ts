import type { Distribution } from '../core/record.ts';
import { decodeCounts, valuesAtPercentiles, type BucketCounts } from './hdr-counts.ts';

/** What a distribution of times says, in microseconds. */
export interface Percentiles {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** What is known exactly of a distribution, beside its histogram. */
type Moments = Pick<Distribution, 'count' | 'meanUs' | 'maxUs'>;

/** A distribution with its histogram decoded. */
export interface DecodedTimes {
  readonly counts: BucketCounts;
  readonly percentiles: Percentiles;
}

/** Null when no time was recorded. Throws where the histogram cannot be decoded. */
export function decodeTimes(distribution: Distribution | null | undefined): DecodedTimes | null {
  if (!distribution || distribution.count === 0) return null;
  const counts = decodeCounts(distribution.hdr);
  return { counts, percentiles: percentilesOf(counts, [distribution])! };
}

/**
 * The percentiles of all the repeats' times taken together: `counts` are those of all, `parts` what is known of each.
 * Histograms are added up: an average of percentiles is the percentile of nothing. Null when no time was recorded.
 */
export function percentilesOf(counts: BucketCounts, parts: readonly Moments[]): Percentiles | null {
  // Sorted, so that the last digit of the mean does not depend on the order of the repeats.
  const filled = parts
    .filter((part) => part.count > 0)
    .sort((a, b) => a.count * a.meanUs - b.count * b.meanUs);
  if (filled.length === 0) return null;
  const count = filled.reduce((total, part) => total + part.count, 0);
  const timeUs = filled.reduce((total, part) => total + part.count * part.meanUs, 0);
  const [p50Us, p90Us, p99Us, p999Us] = valuesAtPercentiles(counts, [50, 90, 99, 99.9]);
  return {
    count,
    meanUs: timeUs / count,
    p50Us: p50Us!,
    p90Us: p90Us!,
    p99Us: p99Us!,
    p999Us: p999Us!,
    // The histogram knows its largest value to three digits only; the generator noted it exactly.
    maxUs: filled.reduce((most, part) => Math.max(most, part.maxUs), 0),
  };
}
