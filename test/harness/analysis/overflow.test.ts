import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { overflowPattern } from '../../../harness/analysis/overflow.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

/** The pattern of one variant whose overflows by concurrency are given, the same in every block. */
function patternOf(overflows: Readonly<Record<number, number>>, more: MadeUp = {}) {
  const run = madeUpRun({
    scenario: { concurrencies: Object.keys(overflows).map(Number), traced: undefined },
    behaviour: (_, concurrency) => ({ requestsPerSecond: 100, overflows: overflows[concurrency]! }),
    ...more,
  });
  const grid = buildGrid(run, 'epoll');
  return overflowPattern(grid, grid.series[0]!);
}

describe('overflowPattern', () => {
  it('finds the concurrency from which on the queue overflowed', () => {
    expect(patternOf({ 1: 0, 5: 0, 10: 3, 20: 90 })).toMatchObject({
      kind: 'from',
      from: 10,
      clean: [1, 5],
      overflowed: [10, 20],
    });
  });

  it('tells never, always and here-and-there apart', () => {
    expect(patternOf({ 1: 0, 5: 0 })).toMatchObject({ kind: 'never', from: null });
    expect(patternOf({ 1: 1, 5: 1 })).toMatchObject({ kind: 'always', from: 1 });
    expect(patternOf({ 1: 0, 5: 4, 10: 0, 20: 4 })).toMatchObject({ kind: 'scattered', from: null });
  });

  it('does not call a concurrency overflowed, nor clean, where only the lesser part of the repeats did', () => {
    const pattern = patternOf(
      { 5: 0, 10: 0 },
      {
        adjust: (record) => {
          if (record.block === 1 && record.cell.concurrency === 10) {
            record.kernel!.tom.tcpExt = { ListenOverflows: 2 };
          }
          return record;
        },
      },
    );
    expect(pattern).toMatchObject({ kind: 'seldom', clean: [5], overflowed: [] });
  });

  it('is unknown where the kernel was not read', () => {
    const pattern = patternOf(
      { 5: 0 },
      {
        adjust: (record) => {
          delete record.kernel;
          return record;
        },
      },
    );
    expect(pattern).toMatchObject({ kind: 'unknown', known: [] });
  });
});
