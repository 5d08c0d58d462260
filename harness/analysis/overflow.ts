import type { Grid, Series } from './cells.ts';

/** Where along the concurrencies a variant's listen queue overflowed, by the kernel's ListenOverflows. */
export interface OverflowPattern {
  readonly series: Series;
  /** `from`: at every measured concurrency from one on, and at none below it in most repeats. */
  readonly kind: 'unknown' | 'never' | 'seldom' | 'from' | 'always' | 'scattered';
  /** Concurrencies where it was counted at all. */
  readonly known: readonly number[];
  /** Concurrencies where no repeat saw an overflow. */
  readonly clean: readonly number[];
  /** Concurrencies where most repeats saw one. */
  readonly overflowed: readonly number[];
  /** For `from` and `always`: the lowest concurrency that overflowed. */
  readonly from: number | null;
}

export function overflowPattern(grid: Grid, series: Series): OverflowPattern {
  const known: number[] = [];
  const clean: number[] = [];
  const overflowed: number[] = [];
  for (const concurrency of grid.concurrencies) {
    const rate = grid.at(series.id, concurrency)?.overflowsPerSecond;
    if (!rate) continue;
    known.push(concurrency);
    if (rate.max === 0) clean.push(concurrency);
    else if (rate.median > 0) overflowed.push(concurrency);
  }
  const kind = kindOf(known, clean, overflowed);
  const from = kind === 'from' || kind === 'always' ? overflowed[0]! : null;
  return { series, kind, known, clean, overflowed, from };
}

function kindOf(
  known: readonly number[],
  clean: readonly number[],
  overflowed: readonly number[],
): OverflowPattern['kind'] {
  if (known.length === 0) return 'unknown';
  if (clean.length === known.length) return 'never';
  if (overflowed.length === 0) return 'seldom';
  if (overflowed.length === known.length) return 'always';
  const upper = known.filter((concurrency) => concurrency >= overflowed[0]!);
  return upper.length === overflowed.length ? 'from' : 'scattered';
}
