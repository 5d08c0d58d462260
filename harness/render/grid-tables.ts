import type { CellAnalysis, Grid } from '../analysis/cells.ts';
import { columnBlocks, telling } from './columns.ts';
import { escapeText, table, type Align } from './markdown.ts';

/** Whatever is told of each concurrency: names, which are Markdown, as rows, one table a block of concurrencies. */
export function concurrencyTables<Row>(
  concurrencies: readonly number[],
  rows: readonly Row[],
  name: (row: Row) => string,
  text: (row: Row, concurrency: number) => string,
  { align = 'r', title = 'connections' }: { align?: Align; title?: string } = {},
): string[] {
  return columnBlocks(concurrencies).map((columns) =>
    table(
      [title, ...columns.map(String)],
      rows.map((row) => [name(row), ...columns.map((concurrency) => text(row, concurrency))]),
      ['l', ...columns.map(() => align)],
    ),
  );
}

/** The whole grid, a row a variant. */
export function gridTables(
  grid: Grid,
  text: (cell: CellAnalysis | undefined) => string,
  align: Align = 'r',
): string[] {
  return concurrencyTables(
    grid.concurrencies,
    grid.series,
    ({ label }) => escapeText(label),
    ({ id }, concurrency) => text(grid.at(id, concurrency)),
    { align },
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
