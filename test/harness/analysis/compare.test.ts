import { describe, expect, it } from 'vitest';
import { buildGrid, type Grid } from '../../../harness/analysis/cells.ts';
import { compareCells, compareSeries } from '../../../harness/analysis/compare.ts';
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
    expect(ratio.spread).toEqual({ count: 3, median: 2, min: 2, max: 2 });
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
    expect(ratio.spread.min).toBeCloseTo(2, 12);
    expect(ratio.spread.max).toBeCloseTo(3, 12);
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
    expect(ratio.spread).toMatchObject({ count: 3 });
    expect(ratio.spread.max).toBeCloseTo(2, 12);
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
    expect(ratio.spread.count).toBe(1);
  });

  it('is nothing where no block has both', () => {
    const grid = gridOf({ [`${serial}/5`]: [100], [`${prefork}/5`]: [null] });
    expect(compare(grid, [5])).toBeNull();
  });
});
