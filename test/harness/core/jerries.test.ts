import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHdr,
  encodeDistribution,
  toHdr,
  type Buckets,
} from '../../../harness/core/generator-output.ts';
import { mergeJerries, momentsIn, type JerryPart } from '../../../harness/core/jerries.ts';

/** Times as a generator tells them. */
function distributionOf(timesUs: readonly number[]) {
  const counts = new Map<number, number>();
  for (const time of timesUs) counts.set(time, (counts.get(time) ?? 0) + 1);
  const buckets: Buckets = [...counts].sort(([a], [b]) => a - b);
  const mean = timesUs.length === 0 ? 0 : timesUs.reduce((sum, time) => sum + time, 0) / timesUs.length;
  return encodeDistribution({
    count: timesUs.length,
    mean,
    max: Math.max(0, ...timesUs),
    buckets: buckets.map(([lowest, count]): [number, number] => [lowest, count]),
  });
}

/** A part whose window begins so long after a common moment and lasts a second. */
function part(timesUs: readonly number[], lateMs = 0, failed: Record<string, number> = {}): JerryPart {
  const times = distributionOf(timesUs);
  const succeeded = timesUs.length;
  return {
    startedAtMs: 5000 + lateMs,
    window: { startMs: 5500 + lateMs, endMs: 6500 + lateMs },
    concurrency: 3,
    cores: [1],
    clockUncertaintyMs: 0,
    result: {
      window: {
        durationMs: 1000,
        succeeded,
        failed,
        bytes: 66 * succeeded,
        halves: [
          { durationMs: 500, succeeded },
          { durationMs: 500, succeeded: 0 },
        ],
      },
      total: { started: succeeded + 1, connected: succeeded, succeeded, failed: {}, unanswered: 1 },
      stalled: { count: 1, connecting: 0, oldestMs: 10 + lateMs },
      cpu: { userMs: 10, systemMs: 20 },
      connectTime: times,
      responseTime: times,
      notes: ['a note'],
    },
  };
}

const times = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 50 });

describe('a load that several hosts made', () => {
  it('has the histogram of all their times, not a mean of their percentiles', () => {
    fc.assert(
      fc.property(times, times, times, (a, b, c) => {
        const merged = mergeJerries([part(a), part(b), part(c)]).responseTime!;
        const all = distributionOf([...a, ...b, ...c]);
        expect(merged.count).toBe(all.count);
        expect(merged.maxUs).toBe(all.maxUs);
        expect(merged.meanUs).toBeCloseTo(all.meanUs, 6);
        for (const percentile of [50, 90, 99, 99.9]) {
          expect(decodeHdr(merged.hdr).getValueAtPercentile(percentile)).toBe(
            decodeHdr(all.hdr).getValueAtPercentile(percentile),
          );
        }
      }),
    );
    // The median of 1, 1, 1 and 1000 is 1, while the mean of the medians would be far from it.
    const skewed = mergeJerries([part([1, 1, 1]), part([1000])]).responseTime!;
    expect(decodeHdr(skewed.hdr).getValueAtPercentile(50)).toBe(1);
    expect(toHdr([[1, 3]]).totalCount).toBe(3);
  });

  it('adds up what they counted, and keeps what each did', () => {
    const merged = mergeJerries([part([1, 2], 0, { reset: 1 }), part([3], 4, { reset: 2, other: 1 })]);
    expect(merged.window).toMatchObject({ succeeded: 3, failed: { reset: 3, other: 1 }, bytes: 198 });
    expect(merged.total).toMatchObject({ started: 5, succeeded: 3, unanswered: 2 });
    expect(merged.stalled).toEqual({ count: 2, connecting: 0, oldestMs: 14 });
    expect(merged.cpu).toEqual({ userMs: 20, systemMs: 40 });
    expect(merged.notes).toEqual(['a note']);
    expect(merged.jerries).toMatchObject({ startSpreadMs: 4, overlapMs: 996 });
    expect(merged.jerries!.hosts.map(({ succeeded, failed }) => [succeeded, failed])).toEqual([
      [2, 1],
      [1, 3],
    ]);
  });

  it('is none where they did not start together, or their windows are others', () => {
    expect(() => mergeJerries([part([1]), part([1], 10.5)])).toThrow('started 10.5 ms apart');
    const unsure = { ...part([1]), clockUncertaintyMs: 6 };
    expect(mergeJerries([part([1]), unsure]).jerries!.startSpreadMs).toBe(0);
    expect(() => mergeJerries([unsure, part([1]), unsure])).toThrow('give or take 12.0 ms of their clocks');
    const other = { ...part([1]), window: { startMs: 6000, endMs: 7000 } };
    expect(() => mergeJerries([part([1]), other])).toThrow('have 500 ms of 1000 ms in common');
  });

  it('has its moments on the clock of the harness', () => {
    const stdout = [
      '{"event":"start","realtimeUs":1000000000,"monotonicNs":7000000}',
      '{"event":"windowStart","monotonicNs":107000000}',
      '{"event":"windowEnd","monotonicNs":607000000}',
      '{"event":"result"}',
    ].join('\n');
    expect(momentsIn(stdout, 250)).toEqual({
      startedAtMs: 999_750,
      window: { startMs: 999_850, endMs: 1_000_350 },
    });
    expect(() => momentsIn(stdout.split('\n').slice(1).join('\n'), 0)).toThrow(
      /does not tell its start|monotonicNs|event/,
    );
  });
});
