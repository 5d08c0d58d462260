/*
 * A condition may ask for a rate as a share of what another condition of its scenario served in the same block: `70%`
 * with `rateOf: 'capacity'`. The other one is a closed loop, whose throughput is the 100 %.
 */

import { openLoopParams } from './open-loop.ts';

/** What of a condition decides its rate. */
interface Rated {
  readonly id: string;
  readonly rateOf?: string | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly concurrencies?: readonly number[] | undefined;
  readonly loadParams: Readonly<Record<string, unknown>>;
}

/** The grid that a condition has where it names none of its own. */
interface CommonGrid {
  readonly variants: readonly string[];
  readonly concurrencies: readonly number[];
}

/** `70%` is 0.7; null for what is no share above zero. */
export function shareOf(rate: unknown): number | null {
  const [, percent] = /^(\d{1,4}(?:\.\d{1,6})?)%$/.exec(String(rate)) ?? [];
  const share = Number(percent ?? 0) / 100;
  return share > 0 ? share : null;
}

/** The share that a load's parameters ask for; null where they ask for none. */
export const shareIn = (params: Readonly<Record<string, unknown>>): number | null =>
  shareOf(params[openLoopParams.rate]);

/** The parameters with a rate in requests per second in the place of the share. */
export const withRate = <T extends object>(params: T, requestsPerSecond: number): T => ({
  ...params,
  [openLoopParams.rate]: requestsPerSecond,
});

/**
 * Where the capacity is measured that the rates at a concurrency are shares of: at the same one where the condition has
 * it, else at the only one that it has. Null where that leaves several.
 */
export function capacityConcurrency(measured: readonly number[], concurrency: number): number | null {
  if (measured.includes(concurrency)) return concurrency;
  return measured.length === 1 ? measured[0]! : null;
}

/** What is wrong with a condition, by its index. */
interface ShareProblem {
  readonly index: number;
  readonly field: 'rateOf' | 'loadParams';
  readonly message: string;
}

/** What is wrong with the shares of a scenario's conditions. */
export function shareProblems(conditions: readonly Rated[], grid: CommonGrid): ShareProblem[] {
  return conditions.flatMap((condition, index): ShareProblem[] => {
    const asksShare = shareIn(condition.loadParams) !== null;
    if (condition.rateOf === undefined) {
      const message = 'a rate in per cent needs rateOf, the condition whose throughput is the 100 %';
      return asksShare ? [{ index, field: 'loadParams', message }] : [];
    }
    const message = asksShare
      ? referenceProblem(condition, conditions, grid)
      : 'rateOf needs loadParams.rate as a share, such as "70%"';
    return message === null ? [] : [{ index, field: 'rateOf', message }];
  });
}

function referenceProblem(condition: Rated, conditions: readonly Rated[], grid: CommonGrid): string | null {
  const reference = conditions.find(({ id }) => id === condition.rateOf);
  if (reference === undefined) {
    return `"${condition.rateOf}" is none of ${conditions.map(({ id }) => id).join(', ')}`;
  }
  if (openLoopParams.rate in reference.loadParams) {
    return `"${reference.id}" has a rate itself; name a condition that is a closed loop`;
  }
  const has = reference.variants ?? grid.variants;
  const variant = (condition.variants ?? grid.variants).find((id) => !has.includes(id));
  if (variant !== undefined) return `"${reference.id}" does not measure "${variant}"`;
  const measured = reference.concurrencies ?? grid.concurrencies;
  const stray = (condition.concurrencies ?? grid.concurrencies).find(
    (concurrency) => capacityConcurrency(measured, concurrency) === null,
  );
  return stray === undefined
    ? null
    : `"${reference.id}" is measured neither at ${stray} connections nor at one concurrency alone`;
}
