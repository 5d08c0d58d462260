import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concurrencyClasses } from '../../../harness/core/ceiling.ts';
import { seedExperiment } from '../../../scenarios/seed/servers.ts';

describe('concurrencyClasses', () => {
  it('takes the decades of a grid, each at one of its own concurrencies', () => {
    expect(concurrencyClasses(seedExperiment.concurrencies)).toEqual([
      { from: 1, to: 5, measuredAt: 5 },
      { from: 10, to: 50, measuredAt: 20 },
      { from: 100, to: 500, measuredAt: 200 },
      { from: 1000, to: 3000, measuredAt: 2500 },
    ]);
  });

  it('covers every concurrency of any grid exactly once', () => {
    const grids = fc.uniqueArray(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(grids, (grid) => {
        const classes = concurrencyClasses(grid);
        for (const concurrency of grid) {
          const holders = classes.filter(({ from, to }) => from <= concurrency && concurrency <= to);
          expect(holders).toHaveLength(1);
        }
        for (const { measuredAt } of classes) expect(grid).toContain(measuredAt);
      }),
    );
  });
});
