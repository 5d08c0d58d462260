import { figureByBlock, ratiosByBlock } from './by-block.ts';
import { isInvalid, type CellAnalysis, type Grid, type Series } from './cells.ts';
import { geometricMean, present, spreadOf, type Spread } from './statistics.ts';

/** `faster`, `slower`: in every block, of two or more. `unclear`: the blocks do not agree, or there is only one. */
export type Relation = 'faster' | 'slower' | 'unclear';

/** A ratio of throughputs, taken within each block: repeats that ran side by side. */
export interface Ratio {
  readonly spread: Spread;
  readonly relation: Relation;
  /** The concurrencies that it is the geometric mean over. */
  readonly concurrencies: readonly number[];
}

/** The series that `series` is compared with: the baseline variant at the same factors. */
export function baselineOf(grid: Grid, baseline: string, series: Series): Series | undefined {
  const id = baseline + series.id.slice(series.variant.length);
  return grid.series.find((candidate) => candidate.id === id);
}

/** Throughput of `cell` over that of `base`, one ratio a block. An invalid cell has none to compare. */
function rateRatios(cell: CellAnalysis | undefined, base: CellAnalysis | undefined): Map<number, number> {
  const rates = [cell, base].map((one) =>
    figureByBlock(one && isInvalid(one) ? undefined : one, (repeat) => repeat.requestsPerSecond),
  );
  return ratiosByBlock(rates[0]!, rates[1]!);
}

function ratioOf(values: readonly number[], concurrencies: readonly number[]): Ratio | null {
  const spread = spreadOf(values);
  if (!spread) return null;
  const relation =
    spread.count < 2 ? 'unclear' : spread.min > 1 ? 'faster' : spread.max < 1 ? 'slower' : 'unclear';
  return { spread, relation, concurrencies };
}

/** One cell against another. Null where no block has both. */
export function compareCells(cell: CellAnalysis | undefined, base: CellAnalysis | undefined): Ratio | null {
  const concurrencies = cell ? [cell.concurrency] : [];
  return ratioOf([...rateRatios(cell, base).values()], concurrencies);
}

/**
 * Two series over several concurrencies: in each block the geometric mean of the ratios. Every block must speak of the
 * same concurrencies, so where repeats failed or are missing some are left out: the blocks and concurrencies that
 * keep most of the measured pairs stay.
 */
export function compareSeries(
  grid: Grid,
  series: Series,
  base: Series,
  concurrencies: readonly number[],
): Ratio | null {
  const byConcurrency = concurrencies.map((concurrency) => ({
    concurrency,
    ratios: rateRatios(grid.at(series.id, concurrency), grid.at(base.id, concurrency)),
  }));
  const pairsIn = (block: number): number => byConcurrency.filter(({ ratios }) => ratios.has(block)).length;
  const fullestFirst = grid.blocks
    .filter((block) => pairsIn(block) > 0)
    .sort((a, b) => pairsIn(b) - pairsIn(a) || a - b);
  const choices = fullestFirst.map((_, index) => {
    const blocks = fullestFirst.slice(0, index + 1);
    const complete = byConcurrency.filter(({ ratios }) => blocks.every((block) => ratios.has(block)));
    return { blocks, complete, pairs: blocks.length * complete.length };
  });
  const best = choices.reduce<(typeof choices)[number] | null>(
    (kept, choice) => (kept === null || choice.pairs >= kept.pairs ? choice : kept),
    null,
  );
  if (!best) return null;
  const means = best.blocks.map((block) =>
    geometricMean(best.complete.map(({ ratios }) => ratios.get(block)!)),
  );
  return ratioOf(
    present(means),
    best.complete.map(({ concurrency }) => concurrency),
  );
}
