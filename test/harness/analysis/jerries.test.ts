import { describe, expect, it } from 'vitest';
import type { Ceiling } from '../../../harness/analysis/ceiling.ts';
import type { CellAnalysis } from '../../../harness/analysis/cells.ts';
import { busiestShare } from '../../../harness/analysis/jerry-share.ts';
import { unsaturatedBy } from '../../../harness/analysis/jerries.ts';

const ceilings = [
  {
    from: 1,
    to: 50,
    measuredAt: 50,
    sinkRequestsPerSecond: 40_000,
    generatorShare: 1,
    requestsPerSecond: 40_000,
  },
] satisfies Ceiling[];

/** What is looked at of a cell. */
const cell = (rate: number, serverShare: number, generatorBound = true) =>
  ({
    concurrency: 50,
    generatorBound,
    requestsPerSecond: { median: rate },
    repeats: [{ ok: true, cpu: { serverShare } }],
  }) as unknown as CellAnalysis;

describe('a server that one Jerry cannot saturate', () => {
  it('takes as many as have its demand for their ceiling together', () => {
    // 38,000 at a quarter of its cores is 152,000 with all of them: 3.8 ceilings of 40,000.
    expect(unsaturatedBy(cell(38_000, 0.25), ceilings, 1)).toEqual({ demand: 152_000, jerries: 4 });
    // The same ceiling made by two of them is 20,000 of each.
    expect(unsaturatedBy(cell(38_000, 0.25), ceilings, 2)).toEqual({ demand: 152_000, jerries: 8 });
  });

  it('is none where the load had CPU to spare, the server had none, or no ceiling is known', () => {
    expect(unsaturatedBy(cell(38_000, 0.25, false), ceilings, 1)).toBeNull();
    expect(unsaturatedBy(cell(38_000, 0.95), ceilings, 1)).toBeNull();
    expect(unsaturatedBy(cell(38_000, 0.25), [], 1)).toBeNull();
  });
});

describe('the busiest of several Jerrys', () => {
  it('is known by its own time on its own cores', () => {
    const host = (userMs: number, cores: number[]) => ({
      ...{ concurrency: 1, cores, startedAtMs: 0, windowMs: 1000, succeeded: 1, failed: 0 },
      cpu: { userMs, systemMs: 100 },
    });
    const hosts = [host(300, [1]), host(800, [2]), host(900, [3, 4])];
    expect(busiestShare({ startSpreadMs: 0, overlapMs: 1000, hosts })).toBeCloseTo(0.9, 9);
    expect(busiestShare(undefined)).toBeNull();
  });
});
