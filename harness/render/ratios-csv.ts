import { everyPair, type Comparison } from '../analysis/compare.ts';
import type { Series } from '../analysis/cells.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { intervalColumnNames, intervalColumns, number, toCsv, type Row } from './csv-rows.ts';

const columns = [
  'load',
  'concurrency',
  'factors',
  'variant',
  'base',
  ...intervalColumnNames('ratio'),
  'pValue',
  'adjustedPValue',
  'relation',
];

/** Every pair of servers at every concurrency; adjusted p-values stand for all pairs of a load at once. */
export function ratiosCsv(pages: readonly PageAnalysis[]): string {
  return toCsv(
    columns,
    pages.flatMap(({ grid }) => everyPair(grid).map((comparison) => rowOf(grid.load, comparison))),
  );
}

function rowOf(load: string, { series, base, concurrency, ratio, adjusted, relation }: Comparison): Row {
  return {
    load,
    concurrency,
    factors: factorsOf(series),
    variant: series.variant,
    base: base.variant,
    ...intervalColumns('ratio', ratio),
    pValue: number(ratio.pValue),
    adjustedPValue: number(adjusted),
    relation,
  };
}

const factorsOf = ({ id, variant }: Series): string => id.slice(variant.length + 1).replaceAll('/', ' ');
