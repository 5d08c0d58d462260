import type { Distribution } from '../core/record.ts';
import { addCounts, decodeCounts, valueAtPercentile } from './hdr-counts.ts';

/** What a distribution of times says, in microseconds. */
export interface Percentiles {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/**
 * The percentiles of all the repeats' times taken together. Histograms are added up: an average of percentiles is
 * the percentile of nothing. Null when no time was recorded.
 */
export function mergePercentiles(distributions: readonly Distribution[]): Percentiles | null {
  const filled = distributions
    .filter((distribution) => distribution.count > 0)
    .sort((a, b) => a.count * a.meanUs - b.count * b.meanUs);
  if (filled.length === 0) return null;
  const merged = addCounts(filled.map((distribution) => decodeCounts(distribution.hdr)));
  const count = filled.reduce((total, distribution) => total + distribution.count, 0);
  const timeUs = filled.reduce((total, distribution) => total + distribution.count * distribution.meanUs, 0);
  return {
    count,
    meanUs: timeUs / count,
    p50Us: valueAtPercentile(merged, 50),
    p90Us: valueAtPercentile(merged, 90),
    p99Us: valueAtPercentile(merged, 99),
    // The histogram knows its largest value to three digits only; the generator noted it exactly.
    maxUs: filled.reduce((most, distribution) => Math.max(most, distribution.maxUs), 0),
  };
}
