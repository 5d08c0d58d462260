import hdr from 'hdr-histogram-js';
import type { Distribution } from '../core/record.ts';

/** What a distribution of times says, in microseconds. */
export interface Percentiles {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const microsecondsPerHour = 3_600_000_000;

/**
 * The percentiles of all the repeats' times taken together. Histograms are added up: an average of percentiles is
 * the percentile of nothing. Null when no time was recorded.
 */
export function mergePercentiles(distributions: readonly Distribution[]): Percentiles | null {
  const filled = distributions
    .filter((distribution) => distribution.count > 0)
    .sort((a, b) => a.count * a.meanUs - b.count * b.meanUs);
  if (filled.length === 0) return null;
  const merged = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: microsecondsPerHour,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });
  merged.autoResize = true;
  for (const distribution of filled) merged.add(hdr.decodeFromCompressedBase64(distribution.hdr));
  const count = filled.reduce((total, distribution) => total + distribution.count, 0);
  const timeUs = filled.reduce((total, distribution) => total + distribution.count * distribution.meanUs, 0);
  return {
    count,
    meanUs: timeUs / count,
    p50Us: merged.getValueAtPercentile(50),
    p90Us: merged.getValueAtPercentile(90),
    p99Us: merged.getValueAtPercentile(99),
    // The histogram knows its largest value to three digits only; the generator noted it exactly.
    maxUs: Math.max(...filled.map((distribution) => distribution.maxUs)),
  };
}
