import type { SeedFigure } from '../core/journal.ts';
import { requestsPerSecond } from '../core/units.ts';
import type { Grid } from './cells.ts';

/** Throughputs by variant and concurrency: the seed's or ours. */
export interface RateTable {
  readonly variants: readonly string[];
  readonly concurrencies: readonly number[];
  rate(variant: string, concurrency: number): number | null;
}

/** The seed's figures are webbench's pages per minute; failures cannot be taken out of them any more. */
export function seedRates(figures: readonly SeedFigure[]): RateTable {
  const rates = new Map(
    figures.map((figure) => [
      `${figure.concurrency} ${figure.variant}`,
      requestsPerSecond(figure.pages_per_minute),
    ]),
  );
  return {
    variants: [...new Set(figures.map((figure) => figure.variant))],
    concurrencies: [...new Set(figures.map((figure) => figure.concurrency))].sort((a, b) => a - b),
    rate: (variant, concurrency) => rates.get(`${concurrency} ${variant}`) ?? null,
  };
}

export function ourRates(grid: Grid): RateTable {
  return {
    variants: grid.series.map((series) => series.id),
    concurrencies: grid.concurrencies,
    rate: (variant, concurrency) => grid.at(variant, concurrency)?.requestsPerSecond?.median ?? null,
  };
}

/** The part of a table that two tables have in common: only there can shapes be compared. */
export function commonGrid(
  a: RateTable,
  b: RateTable,
): { variants: readonly string[]; concurrencies: readonly number[] } {
  const concurrencies = a.concurrencies.filter((concurrency) => b.concurrencies.includes(concurrency));
  return {
    variants: a.variants.filter(
      (variant) =>
        b.variants.includes(variant) &&
        concurrencies.some((c) => a.rate(variant, c) !== null && b.rate(variant, c) !== null),
    ),
    concurrencies,
  };
}

/** Throughput over the same variant's at `reference`. */
export function relativeToOwn(
  table: RateTable,
  variant: string,
  concurrency: number,
  reference: number,
): number | null {
  return over(table.rate(variant, concurrency), table.rate(variant, reference));
}

/** Throughput over the baseline's at the same concurrency. */
export function relativeToBaseline(
  table: RateTable,
  variant: string,
  concurrency: number,
  baseline: string,
): number | null {
  return over(table.rate(variant, concurrency), table.rate(baseline, concurrency));
}

function over(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : value / base;
}

/** The steepest step down between neighbouring concurrencies. */
export interface Fall {
  readonly from: number;
  readonly to: number;
  readonly ratio: number;
}

/** Null where throughput never falls from one measured concurrency to the next. */
export function largestFall(
  table: RateTable,
  variant: string,
  concurrencies: readonly number[],
): Fall | null {
  let fall: Fall | null = null;
  for (const [index, to] of concurrencies.entries()) {
    const from = concurrencies[index - 1];
    if (from === undefined) continue;
    const ratio = over(table.rate(variant, to), table.rate(variant, from));
    if (ratio !== null && ratio < (fall?.ratio ?? 1)) fall = { from, to, ratio };
  }
  return fall;
}

/** The concurrency that shapes are relative to: 5, the last before the seed's fall, or the nearest below it. */
export function referenceConcurrency(concurrencies: readonly number[]): number | null {
  return (
    concurrencies
      .filter((concurrency) => concurrency <= 5)
      .sort((a, b) => a - b)
      .at(-1) ??
    concurrencies[0] ??
    null
  );
}
