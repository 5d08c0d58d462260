import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import {
  commonGrid,
  largestFall,
  ourRates,
  referenceConcurrency,
  relativeToBaseline,
  relativeToOwn,
  seedRates,
} from '../../../harness/analysis/shape.ts';
import { readSeedTables } from '../../../harness/effects/seed-figures.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const tables = await readSeedTables();
const singleCore = seedRates(tables.get('single-core')!);
const dualCore = seedRates(tables.get('dual-core')!);

describe("the seed's tables", () => {
  it('hold 39 figures each, in requests per second', () => {
    for (const rates of [singleCore, dualCore]) {
      const figures = rates.variants.flatMap((variant) =>
        rates.concurrencies.map((concurrency) => rates.rate(variant, concurrency)),
      );
      expect(figures).toHaveLength(39);
      expect(figures).not.toContain(null);
    }
    expect(singleCore.rate('blocking-serial', 5)).toBeCloseTo(123_714 / 60, 9);
  });

  it('show blocking-serial at 10 connections at a quarter of what it did at 5', () => {
    expect(relativeToOwn(singleCore, 'blocking-serial', 10, 5)).toBeCloseTo(0.246, 3);
    expect(largestFall(singleCore, 'blocking-serial', singleCore.concurrencies)).toMatchObject({
      from: 5,
      to: 10,
      ratio: expect.closeTo(0.246, 3) as number,
    });
    expect(largestFall(dualCore, 'blocking-serial', dualCore.concurrencies)).toMatchObject({
      from: 5,
      to: 10,
    });
  });

  it('show serial at 1.17 to 1.47 times prefork with one worker below the fall', () => {
    const ratios = [singleCore, dualCore].flatMap((rates) =>
      [1, 2, 5].map(
        (concurrency) => 1 / relativeToBaseline(rates, 'epoll-prefork-1', concurrency, 'blocking-serial')!,
      ),
    );
    expect(Math.min(...ratios)).toBeCloseTo(1.173, 3);
    expect(Math.max(...ratios)).toBeCloseTo(1.469, 3);
  });

  it('show two workers gaining 18 to 26 % on one core at 1000 to 3000 clients', () => {
    const gains = [1000, 2000, 2500, 3000].map(
      (concurrency) => relativeToBaseline(singleCore, 'epoll-prefork-2', concurrency, 'epoll-prefork-1')! - 1,
    );
    expect(Math.min(...gains)).toBeCloseTo(0.179, 3);
    expect(Math.max(...gains)).toBeCloseTo(0.255, 3);
  });
});

describe('shapes', () => {
  it('are compared only where both tables have a figure', () => {
    const run = madeUpRun({
      scenario: { concurrencies: [5, 7, 10], traced: undefined },
      blocks: 1,
      adjust: (record) =>
        record.cell.variant === 'epoll-prefork-2' ? { ...record, status: 'failed' } : record,
    });
    expect(commonGrid(singleCore, ourRates(buildGrid(run, 'epoll')))).toEqual({
      variants: ['blocking-serial', 'epoll-prefork-1'],
      concurrencies: [5, 10],
    });
  });

  it('are relative to 5 connections, or to the nearest measured one below, or to the first', () => {
    expect(referenceConcurrency([1, 2, 5, 10])).toBe(5);
    expect(referenceConcurrency([1, 3, 10])).toBe(3);
    expect(referenceConcurrency([10, 20])).toBe(10);
    expect(referenceConcurrency([])).toBeNull();
  });

  it('have no fall where throughput only rises', () => {
    const rising = seedRates([
      { variant: 'v', concurrency: 1, pages_per_minute: 60 },
      { variant: 'v', concurrency: 2, pages_per_minute: 120 },
    ]);
    expect(largestFall(rising, 'v', [1, 2])).toBeNull();
    expect(relativeToOwn(rising, 'v', 3, 1)).toBeNull();
  });
});
