import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { ceilingsOfRun } from '../../../harness/analysis/ceiling.ts';
import type { Run } from '../../../harness/core/journal.ts';
import { makeUpRecord } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** A run of one server at 1 to 64 connections whose ceiling at 8 and 64 connections is as given. */
function runWith(ceiling: { rate: number; generatorShare: number }, sharedCore = false): Run {
  const run = madeUpRun({
    blocks: 3,
    noise: 0,
    sharedCore,
    scenario: { concurrencies: [1, 8, 64], seedTable: undefined },
    behaviour: (_variant, concurrency) => ({ requestsPerSecond: 100 * concurrency, generatorShare: 0.3 }),
  });
  const records = [8, 64].map((concurrency) =>
    makeUpRecord(
      {
        repeatId: `ceiling-sink-epoll-c${concurrency}`,
        pass: 'ceiling',
        block: 0,
        position: 1,
        cell: { variant: 'sink', load: 'epoll', concurrency, factors: {} },
        warmupMs: 250,
        windowMs: 1000,
        drainMs: 300,
      },
      { requestsPerSecond: ceiling.rate, generatorShare: ceiling.generatorShare },
      1,
      sharedCore,
    ),
  );
  return { ...run, records: [...records, ...run.records] };
}

describe('ceilings', () => {
  it('scale the rate against the sink up to all of the CPU that the generator may use', () => {
    const ceilings = ceilingsOfRun(runWith({ rate: 6000, generatorShare: 0.75 }), 'epoll');
    expect(ceilings.map(({ from, to, measuredAt }) => [from, to, measuredAt])).toEqual([
      [1, 8, 8],
      [64, 64, 64],
    ]);
    expect(ceilings[1]!.sinkRequestsPerSecond).toBeCloseTo(6000);
    expect(ceilings[1]!.requestsPerSecond).toBeCloseTo(6000 / ceilings[1]!.generatorShare!);
  });

  it('are not scaled where the generator shares its core with the sink', () => {
    const [, ceiling] = ceilingsOfRun(runWith({ rate: 6000, generatorShare: 0.5 }, true), 'epoll');
    expect(ceiling!.requestsPerSecond).toBeCloseTo(6000);
  });

  it('mark the cells above 85 % of them, and enter no cell of the grid themselves', () => {
    const bound = (rate: number) => {
      const grid = buildGrid(runWith({ rate, generatorShare: 1 }), 'epoll');
      expect(grid.series.map((series) => series.id)).not.toContain('sink');
      return grid.at('blocking-serial', 64)!;
    };
    expect(bound(6400 / 0.86)).toMatchObject({ generatorBound: true });
    expect(bound(6400 / 0.84)).toMatchObject({ generatorBound: false });
    expect(bound(6400 / 0.84).ceilingShare).toBeCloseTo(0.84);
  });

  it('are unknown where none was measured: then CPU time alone decides', () => {
    const grid = buildGrid(madeUpRun({ blocks: 1 }), 'epoll');
    expect(grid.ceilings).toEqual([]);
    expect(grid.cells.every((cell) => cell.ceilingShare === null)).toBe(true);
    expect(grid.at('epoll-prefork-1', 50)!.generatorBound).toBe(true);
    expect(grid.at('blocking-serial', 50)!.generatorBound).toBe(false);
  });
});
