import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHdr,
  encodeDistribution,
  encodeHdr,
  mergeBuckets,
  parseGeneratorOutput,
  toHdr,
  type Buckets,
  type GeneratorResult,
} from '../../../harness/core/generator-output.ts';

const good: GeneratorResult = {
  event: 'result',
  schema: 1,
  engine: 'epoll',
  connections: 5,
  windowMs: 100.003,
  window: {
    succeeded: 6,
    failed: { closedEarly: 2 },
    bytes: 396,
    firstHalf: { succeeded: 2, durationMs: 50.49 },
    secondHalf: { succeeded: 4, durationMs: 49.513 },
  },
  total: {
    started: 18,
    connected: 17,
    succeeded: 13,
    failed: { closedEarly: 2, connectRefused: 1 },
    unanswered: 2,
  },
  stalled: { count: 2, connecting: 1, oldestMs: 621.5, agesMs: [[50, 1], [500, 1]] }, // prettier-ignore
  lostClients: 0,
  cpu: { userMs: 1.5, systemMs: 20.25 },
  connectTimeUs: { count: 6, mean: 21.5, max: 30, buckets: [[20, 5], [30, 1]] }, // prettier-ignore
  responseTimeUs: { count: 6, mean: 1_000_199.5, max: 3_000_200, buckets: [[300, 4], [2_998_272, 2]] }, // prettier-ignore
};

/** The same at a fixed rate: of what was planned within the window, three started on time, and four waited. */
const paced: GeneratorResult = {
  ...good,
  openLoop: {
    rate: 90,
    arrivals: 'constant',
    seed: null,
    planned: 9,
    started: 7,
    waited: 4,
    unstarted: 2,
    before: { planned: 11, carriedOver: 3, unstarted: 0 },
    oldestUnstartedMs: 20.5,
    scheduleErrorUs: { count: 3, mean: 40, max: 60, buckets: [[30, 2], [60, 1]] }, // prettier-ignore
    waitUs: { count: 4, mean: 100, max: 100, buckets: [[100, 4]] },
  },
};

const windowLines =
  '{"event":"windowStart","monotonicNs":10000000000000000}\n{"event":"windowEnd","monotonicNs":10000100003000000}\n';

const outputWith = (result: unknown): string => `${windowLines}${JSON.stringify(result)}\n`;

describe('parseGeneratorOutput', () => {
  it('reads the result behind the two lines of the window', () => {
    expect(parseGeneratorOutput(outputWith(good))).toEqual(good);
  });

  it.each([true, false, null])('reads a warm-up that settled: %s', (settled) => {
    const result = { ...good, warmup: { durationMs: 650.5, settled } };
    expect(parseGeneratorOutput(outputWith(result)).warmup).toEqual({ durationMs: 650.5, settled });
  });

  it('reads a last line without a line feed', () => {
    expect(parseGeneratorOutput(outputWith(good).trimEnd())).toEqual(good);
  });

  it.each([
    ['nothing', '', "the generator's output ends before its windowStart line"],
    [
      'an interrupted run',
      windowLines.split('\n')[0]! + '\n',
      "the generator's output ends before its windowEnd line",
    ],
    ['a run without result', windowLines, "the generator's output ends before its result line"],
    [
      'a cut line',
      '{"event":"windowSt',
      'line 1 of the generator\'s output ({"event":"windowSt) is not JSON',
    ],
    [
      'events in the wrong order',
      windowLines.split('\n').toReversed().slice(1).join('\n') + '\n',
      'line 1 of the generator\'s output ({"event":"windowEnd","monotonicNs":10000100003000000}) is not windowStart',
    ],
    [
      'something after the result',
      outputWith(good) + 'Segmentation fault\n',
      "the generator's output goes on after the result: Segmentation fault",
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseGeneratorOutput(text)).toThrow(new Error(message));
  });

  it.each<[string, (result: GeneratorResult) => object, RegExp]>([
    ['another schema', (r) => ({ ...r, schema: 2 }), /^line 3 of .* schema: /],
    ['a field that it does not know', (r) => ({ ...r, speed: 1 }), /speed/],
    [
      'a cause that it does not know',
      (r) => ({ ...r, window: { ...r.window, failed: { boredom: 1 } } }),
      /window\.failed.*boredom/,
    ],
    ['a broken count', (r) => ({ ...r, total: { ...r.total, started: 18.5 } }), /total\.started: /],
    [
      'requests that became nothing',
      (r) => ({ ...r, total: { ...r.total, started: 19 } }),
      /not the sum of what became/,
    ],
    [
      'unanswered requests that are not stalled',
      (r) => ({ ...r, stalled: { ...r.stalled, count: 1 } }),
      /unanswered and stalled differ/,
    ],
    ['halves that are not the whole', (r) => ({ ...r, window: { ...r.window, succeeded: 7 } }), /halves/],
    [
      'buckets that are not the count',
      (r) => ({ ...r, connectTimeUs: { ...r.connectTimeUs, count: 7 } }),
      /connectTimeUs: buckets do not add up/,
    ],
    [
      'buckets in disorder',
      (r) => ({
        ...r,
        connectTimeUs: { ...r.connectTimeUs, buckets: [...r.connectTimeUs.buckets].toReversed() },
      }),
      /connectTimeUs: buckets are not in ascending order/,
    ],
    [
      'a histogram of fewer requests',
      (r) => ({ ...r, connectTimeUs: { count: 5, mean: 20, max: 20, buckets: [[20, 5]] } }),
      /the histograms do not hold/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => parseGeneratorOutput(outputWith(change(structuredClone(good))))).toThrow(message);
  });

  it('reads what became of the plan of a fixed rate', () => {
    expect(parseGeneratorOutput(outputWith(paced))).toEqual(paced);
  });

  it.each<[string, Partial<NonNullable<GeneratorResult['openLoop']>>, RegExp]>([
    ['more planned than became anything', { planned: 10 }, /planned is not the sum of started and unstarted/],
    ['waits that have no time', { waited: 3 }, /waited and waitUs differ/],
    [
      'starts that have no time',
      { started: 8, planned: 10, before: { planned: 10, carriedOver: 3, unstarted: 0 } },
      /scheduleErrorUs does not hold/,
    ],
    [
      'more left over than carried over',
      { before: { planned: 11, carriedOver: 3, unstarted: 4 } },
      /left over than carried over/,
    ],
    [
      'starts out of turn',
      { before: { planned: 12, carriedOver: 3, unstarted: 1 } },
      /before one that was planned earlier/,
    ],
    [
      'starts that were not planned',
      { before: { planned: 10, carriedOver: 3, unstarted: 0 } },
      /total\.started is not what was planned/,
    ],
    ['a rate of zero', { rate: 0 }, /openLoop\.rate/],
  ])('refuses %s', (_, change, message) => {
    const wrong = { ...paced, openLoop: { ...paced.openLoop!, ...change } };
    expect(() => parseGeneratorOutput(outputWith(wrong))).toThrow(message);
  });

  it('takes one time more than requests where a client was killed', () => {
    const lost = {
      ...good,
      lostClients: 1,
      connectTimeUs: { count: 7, mean: 20, max: 20, buckets: [[20, 7]] },
    };
    expect(parseGeneratorOutput(outputWith(lost)).lostClients).toBe(1);
  });
});

/** Buckets as the generator would print them for these times. */
function bucketsOf(timesUs: readonly number[]): Buckets {
  return mergeBuckets(
    ...timesUs.map((us): Buckets => {
      const unit = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(us, 1))) - 10);
      return [[Math.floor(us / unit) * unit, 1]];
    }),
  );
}

const timesUs = fc.array(fc.integer({ min: 0, max: 600_000_000 }), { maxLength: 60 });

describe('histograms', () => {
  it('are merged bucket by bucket', () => {
    expect(mergeBuckets([[20, 5], [3, 1]], [], [[20, 2], [40, 1]])).toEqual([[3, 1], [20, 7], [40, 1]]); // prettier-ignore
    expect(mergeBuckets()).toEqual([]);
  });

  it('merged or recorded together have the same percentiles', () => {
    fc.assert(
      fc.property(timesUs, timesUs, (a, b) => {
        const together = toHdr(bucketsOf([...a, ...b]));
        expect(toHdr(mergeBuckets(bucketsOf(a), bucketsOf(b))).summary).toEqual(together.summary);
      }),
    );
  });

  it('keep 3 significant digits of what was recorded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000_000 }), (us) => {
        const seen = toHdr(bucketsOf([us])).getValueAtPercentile(100);
        expect(Math.abs(seen - us)).toBeLessThanOrEqual(us / 1000);
      }),
    );
  });

  it('survive their encoding', () => {
    fc.assert(
      fc.property(timesUs, (times) => {
        const histogram = toHdr(bucketsOf(times));
        const decoded = decodeHdr(encodeHdr(histogram));
        expect(decoded.totalCount).toBe(times.length);
        expect(decoded.mean).toBe(histogram.mean);
        for (const percentile of [0, 1, 50, 90, 99, 99.9, 100]) {
          expect(decoded.getValueAtPercentile(percentile)).toBe(histogram.getValueAtPercentile(percentile));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('become what a record keeps, with the exact mean and maximum', () => {
    const distribution = encodeDistribution(good.responseTimeUs);
    expect(distribution).toMatchObject({ count: 6, meanUs: 1_000_199.5, maxUs: 3_000_200 });
    const decoded = decodeHdr(distribution.hdr);
    expect(decoded.getValueAtPercentile(50)).toBe(300);
    expect(decoded.getValueAtPercentile(99)).toBe(3_000_319);
    expect(encodeDistribution(good.responseTimeUs)).toEqual(distribution);
  });
});
