import { everyPair, type Comparison } from '../analysis/compare.ts';
import type { Series } from '../analysis/cells.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { intervalColumns, rounded, toCsv, type Column } from './csv-rows.ts';

interface Ratio extends Comparison {
  readonly load: string;
}

const columns: readonly Column<Ratio>[] = [
  ['load', ({ load }) => load],
  ['concurrency', ({ concurrency }) => concurrency],
  ['factors', ({ series }) => factorsOf(series)],
  ['variant', ({ series }) => series.variant],
  ['base', ({ base }) => base.variant],
  ...intervalColumns('ratio', ({ ratio }: Ratio) => ratio),
  rounded('pValue', ({ ratio }) => ratio.pValue),
  rounded('adjustedPValue', ({ adjusted }) => adjusted),
  ['relation', ({ relation }) => relation],
];

/** Every pair of servers at every concurrency; adjusted p-values stand for all pairs of a load at once. */
export const ratiosCsv = (pages: readonly PageAnalysis[]): string =>
  toCsv(
    columns,
    pages.flatMap(({ grid }) => everyPair(grid).map((comparison) => ({ ...comparison, load: grid.load }))),
  );

const factorsOf = ({ id, variant }: Series): string => id.slice(variant.length + 1).replaceAll('/', ' ');
