import type { CellAnalysis, Grid } from '../analysis/cells.ts';
import { columnBlocks, telling } from './columns.ts';
import { escapeText, table, type Align } from './markdown.ts';

/** The whole grid: variants as rows, one table a block of concurrencies. */
export function gridTables(
  grid: Grid,
  text: (cell: CellAnalysis | undefined) => string,
  align: Align = 'r',
): string[] {
  return columnBlocks(grid.concurrencies).map((columns) =>
    table(
      ['connections', ...columns.map(String)],
      grid.series.map((series) => [
        escapeText(series.label),
        ...columns.map((concurrency) => text(grid.at(series.id, concurrency))),
      ]),
      ['l', ...columns.map(() => align)],
    ),
  );
}

/** A few concurrencies of each variant as rows, several figures of each cell as columns. */
export function tellingTable(
  grid: Grid,
  titles: readonly string[],
  texts: (cell: CellAnalysis | undefined) => readonly string[],
): string {
  const rows = grid.series.flatMap((series) =>
    telling(grid.concurrencies).map((concurrency, index) => [
      index === 0 ? escapeText(series.label) : '',
      String(concurrency),
      ...texts(grid.at(series.id, concurrency)),
    ]),
  );
  return table(['', 'connections', ...titles], rows, ['l', 'r', ...titles.map((): Align => 'r')]);
}
