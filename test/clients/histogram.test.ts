import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'hdr-histogram-js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHdr, type Buckets } from '../../harness/core/generator-output.ts';
import { buildProbe, sanitized } from '../support/build-probe.ts';

const highestUs = 600_000_000;
const percentiles = [0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100];

let directory = '';
let probe = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'forkbench-histogram-'));
  probe = await buildProbe('test/clients/histogram-probe.cc', directory, sanitized);
});
afterAll(() => rm(directory, { recursive: true }));

interface Recorded {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  readonly buckets: Buckets;
}

async function record(timesUs: readonly number[]): Promise<Recorded> {
  const { stdout } = await execa(probe, { input: timesUs.join('\n') });
  return JSON.parse(stdout) as Recorded;
}

/** Every border of the layout, and as many random times of every magnitude. */
function manyTimes(): number[] {
  const borders = Array.from({ length: 30 }, (_, power) => 2 ** power).flatMap((border) => [
    border - 1,
    border,
    border + 1,
  ]);
  const random = xoroshiro128plus(20_261_123);
  const spread = Array.from({ length: 20_000 }, () => uniformInt(random, 0, 2 ** uniformInt(random, 1, 29)));
  return [...borders, ...spread, highestUs].filter((us) => us <= highestUs);
}

describe('the generator’s histogram', () => {
  it('has the layout of HdrHistogram', async () => {
    const times = manyTimes();
    const oracle = build({
      bitBucketSize: 64,
      lowestDiscernibleValue: 1,
      highestTrackableValue: highestUs,
      numberOfSignificantValueDigits: 3,
    });
    for (const us of times) oracle.recordValue(us);
    const { count, max, buckets } = await record(times);
    expect({ count, max }).toEqual({ count: times.length, max: highestUs });
    const ours = toHdr(buckets);
    for (const percentile of percentiles) {
      expect(ours.getValueAtPercentile(percentile)).toBe(oracle.getValueAtPercentile(percentile));
    }
    // Recorded one by one, every bucket's lowest value must be its own: then the bucket is the oracle's.
    expect((await record(buckets.map(([lowest]) => lowest))).buckets).toEqual(
      buckets.map(([lowest]) => [lowest, 1]),
    );
  });

  it('prints its buckets in ascending order, only those with counts', async () => {
    expect((await record([5, 2_050, 5, 2_051, 0])).buckets).toEqual([[0, 1], [5, 2], [2_050, 2]]); // prettier-ignore
    expect(await record([])).toEqual({ count: 0, mean: 0, max: 0, buckets: [] });
  });

  it('keeps the exact mean and maximum, of longer times too', async () => {
    const { mean, max, buckets, count } = await record([1_000_003, 700_000_000]);
    expect({ mean, max, count }).toEqual({ mean: 350_500_001.5, max: 700_000_000, count: 2 });
    expect(toHdr(buckets.slice(1)).getValueAtPercentile(100)).toBe(
      toHdr([[highestUs, 1]]).getValueAtPercentile(100),
    );
  });
});
