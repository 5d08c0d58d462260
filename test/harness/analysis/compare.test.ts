import { describe, expect, it } from 'vitest';
import { buildGrid, type Grid } from '../../../harness/analysis/cells.ts';
import {
  againstBaseline,
  compareCells,
  compareSeries,
  everyPair,
} from '../../../harness/analysis/compare.ts';
import { intervalOf } from '../../../harness/analysis/intervals.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

type Rates = Readonly<Record<string, readonly (number | null)[]>>;

/** A grid of two variants; rates are given as `variant/concurrency`, one a block; null: that repeat failed. */
function gridOf(rates: Rates): Grid {
  const concurrencies = [...new Set(Object.keys(rates).map((key) => Number(key.split('/')[1])))];
  const run = madeUpRun({
    scenario: { concurrencies, traced: undefined },
    blocks: Math.max(...Object.values(rates).map((values) => values.length)),
    adjust: (record) => {
      const rate = rates[`${record.cell.variant}/${record.cell.concurrency}`]?.[record.block - 1];
      if (rate === undefined) return null;
      if (rate === null) return { ...record, status: 'failed' };
      return withCount(record, rate);
    },
  });
  return buildGrid(run, 'epoll');
}

const serial = 'blocking-serial';
const prefork = 'epoll-prefork-1';

function compare(grid: Grid, concurrencies: readonly number[]) {
  const series = grid.series.find((one) => one.id === prefork)!;
  const base = grid.series.find((one) => one.id === serial)!;
  return compareSeries(grid, series, base, concurrencies);
}

describe('compareCells', () => {
  it('takes ratios within a block: what disturbs a whole block cancels out', () => {
    const grid = gridOf({ [`${serial}/5`]: [1000, 100, 500], [`${prefork}/5`]: [2000, 200, 1000] });
    const ratio = compareCells(grid.at(prefork, 5), grid.at(serial, 5))!;
    expect(ratio.interval).toMatchObject({ blocks: 3, estimate: expect.closeTo(2, 12) });
    expect(ratio.interval.high! / ratio.interval.low!).toBeCloseTo(1, 12);
    expect(ratio.relation).toBe('faster');
  });

  it('calls nobody faster where the blocks do not agree, or where there is only one', () => {
    const two = gridOf({ [`${serial}/5`]: [100, 100], [`${prefork}/5`]: [110, 90] });
    expect(compareCells(two.at(prefork, 5), two.at(serial, 5))!.relation).toBe('unclear');
    const one = gridOf({ [`${serial}/5`]: [100], [`${prefork}/5`]: [900] });
    expect(compareCells(one.at(prefork, 5), one.at(serial, 5))!.relation).toBe('unclear');
  });

  it('has no ratio with a repeat that failed, nor with a server that answered nothing', () => {
    const failed = gridOf({ [`${serial}/5`]: [100, null], [`${prefork}/5`]: [null, 100] });
    expect(compareCells(failed.at(prefork, 5), failed.at(serial, 5))).toBeNull();
    const silent = gridOf({ [`${serial}/5`]: [0], [`${prefork}/5`]: [100] });
    expect(compareCells(silent.at(prefork, 5), silent.at(serial, 5))).toBeNull();
  });
});

describe('compareSeries', () => {
  it('is the geometric mean over the concurrencies, block by block', () => {
    const grid = gridOf({
      [`${serial}/5`]: [100, 100],
      [`${serial}/10`]: [100, 100],
      [`${prefork}/5`]: [400, 900],
      [`${prefork}/10`]: [100, 100],
    });
    const ratio = compare(grid, [5, 10])!;
    // Block by block 2 and 3.
    const { estimate, low, high } = intervalOf([2, 3])!;
    expect(ratio.interval.estimate).toBeCloseTo(estimate, 12);
    expect(ratio.interval.low).toBeCloseTo(low!, 12);
    expect(ratio.interval.high).toBeCloseTo(high!, 12);
    expect(ratio.concurrencies).toEqual([5, 10]);
  });

  it('leaves a concurrency out rather than compare different ones in different blocks', () => {
    const grid = gridOf({
      [`${serial}/5`]: [100, 100, 100],
      [`${serial}/10`]: [100, 100, 100],
      [`${serial}/20`]: [100, null, 100],
      [`${prefork}/5`]: [200, 200, 200],
      [`${prefork}/10`]: [200, 200, 200],
      [`${prefork}/20`]: [800, 800, 800],
    });
    const ratio = compare(grid, [5, 10, 20])!;
    expect(ratio.concurrencies).toEqual([5, 10]);
    expect(ratio.interval).toMatchObject({ blocks: 3, estimate: expect.closeTo(2, 12) });
  });

  it('leaves out a block that was interrupted early rather than most concurrencies', () => {
    const grid = gridOf({
      [`${serial}/5`]: [100, 100],
      [`${serial}/10`]: [100],
      [`${serial}/20`]: [100],
      [`${prefork}/5`]: [200, 200],
      [`${prefork}/10`]: [200],
      [`${prefork}/20`]: [200],
    });
    const ratio = compare(grid, [5, 10, 20])!;
    expect(ratio.concurrencies).toEqual([5, 10, 20]);
    expect(ratio.interval.blocks).toBe(1);
  });

  it('is nothing where no block has both', () => {
    const grid = gridOf({ [`${serial}/5`]: [100], [`${prefork}/5`]: [null] });
    expect(compare(grid, [5])).toBeNull();
  });
});

describe('the comparisons of a table', () => {
  const other = 'epoll-prefork-2';
  const rates = {
    [`${serial}/5`]: [100, 101, 99, 100],
    [`${serial}/10`]: [100, 101, 99, 100],
    [`${prefork}/5`]: [200, 201, 199, 202],
    [`${prefork}/10`]: [103, 104, 107, 106],
    [`${other}/5`]: [100, 99, 101, 100],
    [`${other}/10`]: [100, 100],
  };
  const grid = gridOf(rates);

  it('are those with the baseline, or every pair once, at each concurrency', () => {
    const names = (some: ReturnType<typeof everyPair>) =>
      some.map(({ series, base, concurrency }) => `${series.id} over ${base.id} at ${concurrency}`);
    const baseline = [
      `${prefork} over ${serial} at 5`,
      `${prefork} over ${serial} at 10`,
      `${other} over ${serial} at 5`,
      `${other} over ${serial} at 10`,
    ];
    expect(names(againstBaseline(grid, serial))).toEqual(baseline);
    expect(names(everyPair(grid))).toEqual([
      ...baseline,
      `${other} over ${prefork} at 5`,
      `${other} over ${prefork} at 10`,
    ]);
  });

  it('call different only what holds for the whole table at once', () => {
    const [clear, close] = againstBaseline(grid, serial);
    expect(clear).toMatchObject({ relation: 'faster' });
    // By itself it would be.
    expect(close!.ratio.pValue).toBeLessThan(0.05);
    expect(close).toMatchObject({ relation: 'unclear' });
    expect(close!.adjusted).toBeGreaterThan(close!.ratio.pValue!);
  });
});
