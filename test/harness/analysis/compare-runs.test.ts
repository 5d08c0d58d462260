import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { compareRuns, type CellChange, type RunComparison } from '../../../harness/analysis/compare-runs.ts';
import type { Run } from '../../../harness/core/journal.ts';
import type { Manifest } from '../../../harness/core/manifest.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const serial = 'blocking-serial';
const prefork = 'epoll-prefork-1';
const concurrencies = [1, 5, 20];

interface Side {
  readonly seed: number;
  readonly blocks?: number;
  /** Largest deviation of a repeat, as a share. */
  readonly noise?: number;
  /** What becomes of a cell's 1,000 requests per second. */
  readonly factor?: (variant: string, concurrency: number) => number;
  readonly adjustManifest?: (manifest: Manifest) => Manifest;
}

function side({ seed, blocks = 5, noise = 0.05, factor = () => 1, adjustManifest }: Side): Run {
  const random = xoroshiro128plus(seed);
  return madeUpRun({
    scenario: { concurrencies, traced: undefined },
    blocks,
    behaviour: () => ({ requestsPerSecond: 1000 }),
    adjust: (record) => {
      const deviation = 1 + (noise * uniformInt(random, -1000, 1000)) / 1000;
      const { variant, concurrency } = record.cell;
      return withCount(record, Math.round(1000 * factor(variant, concurrency) * deviation));
    },
    ...(adjustManifest === undefined ? {} : { adjustManifest }),
  });
}

const gate = { margin: 0.05, failIfSlower: 0.05 };

const places = (cells: readonly CellChange[]): string[] =>
  cells.map(({ cell }) => `${cell.variant} ${cell.concurrency}`).sort();
const regressed = ({ cells }: RunComparison): string[] => places(cells.filter((cell) => cell.regressed));
const called = ({ cells }: RunComparison, change: CellChange['change']): string[] =>
  places(cells.filter((cell) => cell.change === change));

describe('a comparison of two runs', () => {
  it('finds the cell that lost throughput, how much, and no other', () => {
    const slower = (variant: string, concurrency: number): number =>
      variant === prefork && concurrency === 5 ? 0.7 : 1;
    const comparison = compareRuns(side({ seed: 1 }), side({ seed: 2, factor: slower }), gate);
    expect(regressed(comparison)).toEqual([`${prefork} 5`]);
    expect(called(comparison, 'slower')).toEqual([`${prefork} 5`]);
    const { ratio } = comparison.cells.find((cell) => cell.regressed)!;
    expect(ratio.low!).toBeLessThan(0.7);
    expect(ratio.high!).toBeGreaterThan(0.7);
    expect(ratio.high!).toBeLessThan(0.95);
  });

  it('tells faster, the same and undecided apart', () => {
    const quiet = { noise: 0.005 };
    const faster = (variant: string): number => (variant === prefork ? 1.2 : 1);
    const clear = compareRuns(side({ seed: 1, ...quiet }), side({ seed: 2, ...quiet, factor: faster }), gate);
    expect(called(clear, 'faster')).toEqual(concurrencies.map((c) => `${prefork} ${c}`).sort());
    expect(called(clear, 'same')).toHaveLength(6);
    const loud = compareRuns(side({ seed: 1, noise: 0.4 }), side({ seed: 2, noise: 0.4 }), gate);
    expect(called(loud, 'undecided')).toHaveLength(9);
    expect(regressed(loud)).toEqual([]);
  });

  it('leaves the gate open for a loss that is sure, but smaller than allowed, and for one that is not sure', () => {
    const small = compareRuns(
      side({ seed: 1, noise: 0.005 }),
      side({ seed: 2, noise: 0.005, factor: () => 0.97 }),
      { margin: 0.01, failIfSlower: 0.05 },
    );
    expect(called(small, 'slower')).toHaveLength(9);
    expect(regressed(small)).toEqual([]);
    const unsure = compareRuns(
      side({ seed: 3, noise: 0.3, blocks: 3 }),
      side({ seed: 4, noise: 0.3, blocks: 3, factor: () => 0.9 }),
      gate,
    );
    expect(regressed(unsure)).toEqual([]);
  });

  it('closes the gate on at most 5 % of pairs of equal runs', () => {
    const pairs = 400;
    let closed = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const [a, b] = [side({ seed: 2 * pair, noise: 0.2 }), side({ seed: 2 * pair + 1, noise: 0.2 })];
      if (regressed(compareRuns(a, b, { margin: 0.05, failIfSlower: 0.001 })).length > 0) closed += 1;
    }
    expect(closed / pairs).toBeLessThanOrEqual(0.05);
  }, 120_000);

  it('counts on no cell that one run has too few good repeats of', () => {
    const first = side({ seed: 1 });
    const second = side({ seed: 2, blocks: 1 });
    const { cells, missing } = compareRuns(first, second, gate);
    expect(cells).toEqual([]);
    expect(missing).toHaveLength(9);
  });

  it('lets no disturbed cell decide', () => {
    const second = side({ seed: 2, factor: () => 0.5 });
    for (const { cpu, cell } of second.records) {
      if (cell.variant !== serial) continue;
      cpu!.cores[0]!.userMs += 500;
      cpu!.cores[0]!.idleMs -= 500;
    }
    const comparison = compareRuns(side({ seed: 1 }), second, gate);
    expect(places(comparison.cells.filter(({ disturbed }) => disturbed))).toEqual(
      concurrencies.map((c) => `${serial} ${c}`).sort(),
    );
    expect(regressed(comparison).filter((place) => place.startsWith(serial))).toEqual([]);
    expect(regressed(comparison)).toHaveLength(6);
  });
});

describe('a machine that is slower on the second day', () => {
  const otherPrefork = (manifest: Manifest): Manifest => ({
    ...manifest,
    programs: { ...manifest.programs, 'epoll-prefork': '12'.repeat(32) },
  });

  it('is told from servers by programs that are the same in both runs', () => {
    const slowDay = { seed: 2, adjustManifest: otherPrefork };
    const same = compareRuns(side({ seed: 1 }), side({ ...slowDay, factor: () => 0.7 }), gate);
    expect(same.shift).toMatchObject({ by: 'unchanged programs' });
    expect(same.shift!.ratio.estimate).toBeCloseTo(0.7, 1);
    expect(regressed(same)).toEqual([]);
    // It is the machine's: it does not stand for the program.
    expect(places(same.cells.filter(({ isControl }) => isControl))).toEqual(
      concurrencies.map((c) => `${serial} ${c}`).sort(),
    );

    const both = (variant: string): number => (variant === prefork ? 0.35 : 0.7);
    const worse = compareRuns(side({ seed: 1 }), side({ ...slowDay, factor: both }), gate);
    expect(regressed(worse)).toEqual(concurrencies.map((c) => `${prefork} ${c}`).sort());
    const { ratio } = worse.cells.find(({ cell }) => cell.variant === prefork)!;
    expect(ratio.low!).toBeLessThan(0.5);
    expect(ratio.high!).toBeGreaterThan(0.5);
  });

  it('is told by the ceilings of the load, where all programs are the same or all are others', () => {
    const withCeilings = (run: Run, factor: number): Run => ({
      ...run,
      records: [
        ...run.records,
        ...[5, 20].map((concurrency, at) => ({
          ...withCount(run.records[0]!, Math.round(20_000 * factor * (1 + 0.004 * at))),
          repeatId: `ceiling-${concurrency}`,
          pass: 'ceiling' as const,
          block: 0,
          cell: { variant: 'sink', load: 'epoll', concurrency, factors: {} },
        })),
      ],
    });
    const slowDay = withCeilings(side({ seed: 2, factor: () => 0.7 }), 0.7);
    const comparison = compareRuns(withCeilings(side({ seed: 1 }), 1), slowDay, gate);
    expect(comparison.shift).toMatchObject({ by: 'ceilings of the load' });
    expect(regressed(comparison)).toEqual([]);
    // Without them nobody could tell.
    const blind = compareRuns(side({ seed: 1 }), side({ seed: 2, factor: () => 0.7 }), gate);
    expect(blind.shift).toBeNull();
    expect(regressed(blind)).toHaveLength(9);
  });
});
