import fc from 'fast-check';
import hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { added, bucketsOf, noCounts } from '../../../harness/analysis/hdr-counts.ts';
import { decodeTimes, percentilesOf, type Percentiles } from '../../../harness/analysis/histogram.ts';
import { findRuns, readRun } from '../../../harness/effects/results.ts';
import type { Distribution } from '../../../harness/core/record.ts';

function distributionOf(timesUs: readonly number[], highest = 60_000_000): Distribution {
  const histogram = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: highest });
  for (const time of timesUs) histogram.recordValue(time);
  return {
    count: timesUs.length,
    meanUs: timesUs.length === 0 ? 0 : timesUs.reduce((sum, time) => sum + time, 0) / timesUs.length,
    maxUs: Math.max(0, ...timesUs),
    hdr: hdr.encodeIntoCompressedBase64(histogram),
  };
}

/** The smallest value that at least `percent` of the values do not exceed. */
function nearestRank(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;
}

/** All repeats' times taken together. */
function mergePercentiles(distributions: readonly Distribution[]): Percentiles | null {
  let totals = noCounts();
  for (const one of distributions) {
    const decoded = decodeTimes(one);
    if (decoded) totals = added(totals, decoded.counts);
  }
  return percentilesOf(bucketsOf(totals), distributions);
}

/** The same figures by the library alone. */
function byTheLibrary(distributions: readonly Distribution[]): number[] {
  const merged = hdr.build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
  merged.autoResize = true;
  for (const { hdr: text } of distributions) merged.add(hdr.decodeFromCompressedBase64(text));
  return [50, 90, 99].map((percent) => merged.getValueAtPercentile(percent));
}

function ours(distributions: readonly Distribution[]): number[] {
  const { p50Us, p90Us, p99Us } = mergePercentiles(distributions)!;
  return [p50Us, p90Us, p99Us];
}

describe('percentilesOf', () => {
  it('reads and adds up what was really measured as the library does', async () => {
    const runs = (await findRuns('results')).filter((directory) => directory.includes('/single-core/'));
    const { records } = await readRun(runs.at(-1)!);
    const distributions = records
      .flatMap(({ load }) => [load?.connectTime, load?.responseTime])
      .filter((one) => one !== null && one !== undefined && one.count > 0) as Distribution[];
    expect(distributions.length).toBeGreaterThan(100);
    for (const one of distributions) expect(ours([one])).toEqual(byTheLibrary([one]));
    expect(ours(distributions)).toEqual(byTheLibrary(distributions));
  });

  it('reads histograms of other digits, whose values it can tell apart no better', () => {
    const histogram = hdr.build({ lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 2 });
    for (const time of [10, 20, 300_000]) histogram.recordValue(time);
    const coarse = {
      ...distributionOf([10, 20, 300_000]),
      hdr: hdr.encodeIntoCompressedBase64(histogram),
    };
    expect(ours([coarse])).toEqual(byTheLibrary([coarse]));
  });

  it.each(['', 'HISTFAAAAhR4', 'not base64!'])('refuses %j instead of a histogram', (text) => {
    expect(() => mergePercentiles([{ ...distributionOf([1]), hdr: text }])).toThrow(/\S/);
  });

  it('takes percentiles of all repeats together, not their average', () => {
    const fast = distributionOf(Array.from({ length: 90 }, () => 100));
    const slow = distributionOf(Array.from({ length: 10 }, () => 1_000_000));
    const merged = mergePercentiles([fast, slow])!;
    expect(merged.count).toBe(100);
    expect(merged.p50Us).toBe(100);
    expect(merged.p90Us).toBe(100);
    expect(merged.p99Us).toBeCloseTo(1_000_000, -3);
    expect(merged.meanUs).toBeCloseTo(100_090, 6);
  });

  it('agrees with sorting all values, to the three digits of the histogram', () => {
    const times = fc.array(fc.integer({ min: 1, max: 50_000_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (repeats) => {
        const all = repeats.flat();
        const merged = mergePercentiles(repeats.map((one) => distributionOf(one)))!;
        for (const [percent, value] of [
          [50, merged.p50Us],
          [90, merged.p90Us],
          [99, merged.p99Us],
        ] as const) {
          const expected = nearestRank(all, percent);
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected * 0.001 + 1);
        }
        expect(merged.maxUs).toBe(Math.max(...all));
      }),
    );
  });

  it('does not depend on the order of the repeats, to the last digit', () => {
    const repeats = [distributionOf([3, 9]), distributionOf([1_234_567]), distributionOf([77, 78, 79])];
    expect(mergePercentiles([...repeats].reverse())).toEqual(mergePercentiles(repeats));
  });

  it('adds histograms of different ranges', () => {
    const narrow = distributionOf([10, 20], 1000);
    const wide = distributionOf([3_000_000_000], 3_600_000_000);
    expect(mergePercentiles([narrow, wide])).toMatchObject({ count: 3, maxUs: 3_000_000_000 });
    expect(mergePercentiles([wide, narrow])).toMatchObject({ count: 3, maxUs: 3_000_000_000 });
  });

  it('is nothing where no time was recorded', () => {
    expect(mergePercentiles([])).toBeNull();
    expect(mergePercentiles([distributionOf([])])).toBeNull();
  });

  it('forgets an attempt that was taken out again', () => {
    const [kept, superseded] = [distributionOf([1, 20, 300]), distributionOf([9_000_000, 20])];
    let totals = noCounts();
    for (const one of [superseded, kept]) totals = added(totals, decodeTimes(one)!.counts);
    totals = added(totals, decodeTimes(superseded)!.counts, -1);
    expect(percentilesOf(bucketsOf(totals), [kept])).toEqual(mergePercentiles([kept]));
  });
});
