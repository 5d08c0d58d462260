import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../../harness/analysis/intervals.ts';
import { isNarrow, nextBlock, precisionReached, wantedRatios } from '../../../harness/analysis/precision.ts';
import type { Run } from '../../../harness/core/journal.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { fewestBlocks } from '../../../harness/core/stopping.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const serial = 'blocking-serial';
const noisyCell = 'epoll-prefork-1';

/** Six blocks at two concurrencies; one variant scatters widely at 50 connections, all else is quiet. */
function measured(options: MadeUp & { target?: number; budgetMs?: number } = {}): Run {
  const { target = 0.05, budgetMs = 3_600_000, ...more } = options;
  let at = 0;
  return madeUpRun({
    scenario: { concurrencies: [5, 50], traced: undefined },
    blocks: fewestBlocks,
    noise: 0,
    adjust: (record) => {
      const { variant, concurrency } = record.cell;
      if (variant === noisyCell && concurrency === 50) {
        record.load!.window.succeeded = Math.round(
          record.load!.window.succeeded * [0.7, 1.3, 1, 0.8, 1.2, 1.1][at++ % 6]!,
        );
      }
      return { ...record, elapsedMs: 1000 };
    },
    adjustManifest: (manifest) => ({ ...manifest, precision: { target, budgetMs } }),
    ...more,
  });
}

const cells = (repeats: readonly { cell: RepeatRecord['cell'] }[]): string[] =>
  repeats.map(({ cell }) => `${cell.variant} ${cell.concurrency}`).sort();

describe('wantedRatios', () => {
  it('are those of every variant to the baseline, block by block', () => {
    const wanted = wantedRatios(measured());
    expect(wanted.map(({ cell, base }) => [cell.variant, cell.concurrency, base?.variant])).toEqual([
      [noisyCell, 5, serial],
      [noisyCell, 50, serial],
      ['epoll-prefork-2', 5, serial],
      ['epoll-prefork-2', 50, serial],
    ]);
    expect(wanted.every(({ values }) => values.length === fewestBlocks)).toBe(true);
  });

  it('are the rates themselves where there is nobody to compare with', () => {
    const alone = measured({
      scenario: {
        concurrencies: [5, 50],
        traced: undefined,
        variants: [{ id: serial, label: serial, plugin: serial }],
      },
    });
    expect(wantedRatios(alone).map(({ cell, base }) => [cell.concurrency, base])).toEqual([
      [5, null],
      [50, null],
    ]);
  });
});

describe('isNarrow', () => {
  it('needs blocks enough, and to have been so twice in a row', () => {
    const even = [1, 1.01, 0.99, 1, 1.01, 0.99, 1];
    expect(isNarrow({ values: even.slice(0, fewestBlocks - 1) }, 0.05)).toBe(false);
    expect(isNarrow({ values: even.slice(0, fewestBlocks) }, 0.05)).toBe(true);
    // Narrow with its last value, but not before it.
    const lucky = [1, 1.2, 0.8, 1.1, 0.9, 1, 1];
    const width = (values: readonly number[]): number => {
      const { low, high } = intervalOf(values)!;
      return Math.sqrt(high! / low!) - 1;
    };
    const between = (width(lucky) + width(lucky.slice(0, -1))) / 2;
    expect(width(lucky)).toBeLessThan(between);
    expect(isNarrow({ values: lucky }, between)).toBe(false);
    expect(isNarrow({ values: [...lucky, 1] }, between)).toBe(true);
  });
});

describe('the next block', () => {
  it('holds the cells whose ratio is not known well enough, each beside its baseline, and no others', () => {
    const run = measured();
    const next = nextBlock(run);
    expect(cells(next)).toEqual([`${serial} 50`, `${noisyCell} 50`]);
    expect(next.map(({ block, pass }) => [block, pass])).toEqual([
      [fewestBlocks + 1, 'timed'],
      [fewestBlocks + 1, 'timed'],
    ]);
    const known = new Set(run.manifest.repeats.map(({ repeatId }) => repeatId));
    expect(next.some(({ repeatId }) => known.has(repeatId))).toBe(false);
    expect(nextBlock(run)).toEqual(next);
  });

  it('is empty when all is known, and for a run that is to reach no precision', () => {
    expect(nextBlock(measured({ target: 0.9 }))).toEqual([]);
    const { precision: _, ...manifest } = measured().manifest;
    expect(nextBlock({ ...measured(), manifest })).toEqual([]);
  });

  it('holds all where nothing is known yet', () => {
    expect(nextBlock(measured({ blocks: 2 }))).toHaveLength(6);
  });

  it('takes the least known first where the time is short, and nothing when it is up', () => {
    // 36 repeats of a second were made; a pair takes two.
    expect(cells(nextBlock(measured({ target: 0.0001, budgetMs: 38_500 })))).toContain(`${noisyCell} 50`);
    expect(nextBlock(measured({ target: 0.0001, budgetMs: 38_500 }))).toHaveLength(2);
    expect(nextBlock(measured({ budgetMs: 37_500 }))).toEqual([]);
  });

  it('gives up what fails whenever it is tried', () => {
    const failing = measured({
      target: 0.0001,
      adjust: (record) => ({
        ...record,
        elapsedMs: 1000,
        ...(record.cell.variant === noisyCell ? { status: 'failed' as const } : {}),
      }),
    });
    expect(cells(nextBlock(failing)).filter((name) => name.startsWith(noisyCell))).toEqual([]);
  });
});

describe('what became of a precision', () => {
  it('tells how many ratios have it, the widest, and what equal repeats would have taken', () => {
    const run = measured();
    const more = nextBlock(run);
    const records = more.map((planned): RepeatRecord => {
      const like = run.records.find(({ cell }) => cell.variant === planned.cell.variant)!;
      return { ...like, ...planned, elapsedMs: 1000 };
    });
    const reached = precisionReached({
      manifest: { ...run.manifest, repeats: [...run.manifest.repeats, ...more] },
      records: [...run.records, ...records],
    })!;
    expect(reached.ratios).toBe(4);
    expect(reached.within).toBe(3);
    expect(reached.widest).toBeGreaterThan(0.05);
    expect(reached.spentMs).toBe(38_000);
    // Seven blocks of six cells.
    expect(reached.equalMs).toBe(42_000);
  });

  it('is nothing for a run that was to reach none', () => {
    const { precision: _, ...manifest } = measured().manifest;
    expect(precisionReached({ ...measured(), manifest })).toBeNull();
  });
});
