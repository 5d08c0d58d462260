import { figureByBlock, ratiosByBlock } from './by-block.ts';
import type { CellAnalysis, Grid, Series } from './cells.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { holm, whereKnown } from './multiple.ts';
import { geometricMean, present } from './statistics.ts';

/** `faster`, `slower`: the 95 % interval leaves 1 out. `unclear`: it does not, or there is none. */
export type Relation = 'faster' | 'slower' | 'unclear';

/** A ratio of throughputs, taken within each block: of repeats that ran side by side. */
export interface Ratio {
  readonly interval: Interval;
  readonly relation: Relation;
  /** The concurrencies that it is the geometric mean over. */
  readonly concurrencies: readonly number[];
}

/** The series that `series` is compared with: the baseline variant at the same factors. */
export function baselineOf(grid: Grid, baseline: string, series: Series): Series | undefined {
  const id = baseline + series.id.slice(series.variant.length);
  return grid.series.find((candidate) => candidate.id === id);
}

/** Throughput of `cell` over that of `base`, one ratio a block. */
function rateRatios(cell: CellAnalysis | undefined, base: CellAnalysis | undefined): Map<number, number> {
  const ratesOf = (one: CellAnalysis | undefined): Map<number, number> =>
    figureByBlock(one, (repeat) => repeat.requestsPerSecond);
  return ratiosByBlock(ratesOf(cell), ratesOf(base));
}

function ratioOf(values: readonly number[], concurrencies: readonly number[]): Ratio | null {
  const interval = intervalOf(values);
  return interval && { interval, relation: relationOf(interval), concurrencies };
}

function relationOf({ low, high }: Interval): Relation {
  if (low === null || high === null) return 'unclear';
  return low > 1 ? 'faster' : high < 1 ? 'slower' : 'unclear';
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
  // With each block that is taken in, concurrencies that it lacks fall away.
  let complete = byConcurrency;
  let best: { readonly blocks: number; readonly complete: typeof complete; readonly pairs: number } | null =
    null;
  for (const [index, block] of fullestFirst.entries()) {
    complete = complete.filter(({ ratios }) => ratios.has(block));
    const pairs = (index + 1) * complete.length;
    if (best === null || pairs >= best.pairs) best = { blocks: index + 1, complete, pairs };
  }
  if (!best) return null;
  const kept = best.complete;
  const means = fullestFirst
    .slice(0, best.blocks)
    .map((block) => geometricMean(kept.map(({ ratios }) => ratios.get(block)!)));
  return ratioOf(
    present(means),
    kept.map(({ concurrency }) => concurrency),
  );
}

/** Two variants at one concurrency and one value of each factor. */
export interface Comparison {
  readonly series: Series;
  readonly base: Series;
  readonly concurrency: number;
  /** Throughput of `series` over that of `base`. */
  readonly ratio: Interval;
  /** p-value, adjusted for all comparisons of the table (Holm); null where there is no interval. */
  readonly adjusted: number | null;
  /** Called faster or slower only where that holds for the whole table at once. */
  readonly relation: Relation;
}

/**
 * The chance that a table calls any of its comparisons different although none is. Real noise has two humps here where
 * Student's distribution expects one, which makes somewhat more than 5 % of 5 %: a level of 4 % keeps
 * the promise, as test/harness/analysis/coverage.test.ts shows.
 */
export const familyLevel = 0.04;

/** Every variant against the baseline, at every concurrency. */
export function againstBaseline(grid: Grid, baseline: string): Comparison[] {
  return compareAll(
    grid,
    grid.series.flatMap((series): [Series, Series][] => {
      const base = series.variant === baseline ? undefined : baselineOf(grid, baseline, series);
      return base ? [[series, base]] : [];
    }),
  );
}

/** Every pair of variants at the same factors, each once, at every concurrency. */
export function everyPair(grid: Grid): Comparison[] {
  const factorsOf = ({ id, variant }: Series): string => id.slice(variant.length);
  return compareAll(
    grid,
    grid.series.flatMap((base, at) =>
      grid.series
        .slice(at + 1)
        .filter((series) => factorsOf(series) === factorsOf(base))
        .map((series): [Series, Series] => [series, base]),
    ),
  );
}

function compareAll(grid: Grid, pairs: readonly (readonly [Series, Series])[]): Comparison[] {
  const found = pairs.flatMap(([series, base]) =>
    grid.concurrencies.flatMap((concurrency) => {
      const ratio = compareCells(grid.at(series.id, concurrency), grid.at(base.id, concurrency));
      return ratio ? [{ series, base, concurrency, ratio: ratio.interval }] : [];
    }),
  );
  const judged = judgedTogether(found.map(({ ratio }) => ratio));
  return found.map((one, at) => ({ ...one, ...judged[at]! }));
}

/** Of ratios that are read side by side: each is called faster or slower only where that holds for all of them at once. */
export function judgedTogether(ratios: readonly Interval[]): Pick<Comparison, 'adjusted' | 'relation'>[] {
  const corrected = whereKnown(
    holm,
    ratios.map(({ pValue }) => pValue),
  );
  return corrected.map((adjusted, at) => {
    const differs = adjusted !== null && adjusted <= familyLevel;
    return { adjusted, relation: differs ? relationOf(ratios[at]!) : 'unclear' };
  });
}
