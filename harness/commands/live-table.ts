import type { Series } from '../analysis/cells.ts';
import type { CellFigures } from '../analysis/cell-figures.ts';
import { present } from '../analysis/statistics.ts';
import { cellId, type Cell } from '../core/record.ts';
import { columnBlocks } from '../render/columns.ts';
import { formatCount, noData } from '../render/format.ts';
import { marksOf, type Mark } from '../render/marks.ts';
import { placeOf, type Page, type PlacedCell } from './live-pages.ts';
import type { LiveState } from './live-state.ts';
import { harmless, shortened, widthOf, type Line, type Piece } from './live-text.ts';

/** How a page is laid out. */
export interface TableLayout {
  readonly labels: readonly string[];
  readonly labelWidth: number;
  readonly columnWidth: number;
  readonly figureWidth: number;
  readonly markGap: string;
  readonly blocks: readonly (readonly number[])[];
}

/** Names of rows may take this share of a terminal's width. */
const labelShare = 0.4;
/** As wide as "12,345", so that columns stay where they are while figures come in. */
const leastFigureWidth = 6;

/**
 * The layout with the fewest blocks of columns. On the same terms names are rather short than cut, rather full than
 * short, and marks rather set apart.
 */
export function tableLayout(page: Page, state: LiveState, width: number): TableLayout {
  const figures = [...page.at.values()].map(({ id }) => state.cells.get(id));
  const markWidth = Math.max(1, ...present(figures).map((cell) => marksOf(cell).length));
  const figureWidth = Math.max(
    leastFigureWidth,
    ...page.concurrencies.map((concurrency) => String(concurrency).length),
    ...figures.map((cell) => widthOf(figureOf(cell))),
  );
  const layouts = [(series: Series) => series.label, (series: Series) => series.id].flatMap((nameOf) =>
    [' ', ''].map((markGap) => {
      const names = page.series.map((series) => harmless(nameOf(series)));
      const labels = names.map((name) => shortened(name, Math.floor(width * labelShare)));
      const labelWidth = Math.max(heading.length, ...labels.map(widthOf));
      const columnWidth = 1 + figureWidth + markGap.length + markWidth;
      const fitting = Math.max(1, Math.floor((width - labelWidth) / columnWidth));
      const blocks = columnBlocks(page.concurrencies, fitting);
      const cost = 2 * blocks.length + (labels.some((label, row) => label !== names[row]) ? 1 : 0);
      return { labels, labelWidth, columnWidth, figureWidth, markGap, blocks, cost };
    }),
  );
  return layouts.reduce((best, one) => (one.cost < best.cost ? one : best));
}

const heading = 'connections';

export interface TableOptions {
  /** A second line for each row, which says how many repeats each cell has. */
  readonly counts: boolean;
  /** Only the block of columns and the rows around the cell that is measured, in so many lines. */
  readonly window?: number;
}

/** The table's lines: one block of columns below the other. */
export function tableLines(
  page: Page,
  state: LiveState,
  layout: TableLayout,
  { counts, window }: TableOptions,
): Line[] {
  const focus = state.running?.planned.cell ?? state.last?.cell;
  const blocks =
    window === undefined
      ? layout.blocks
      : layout.blocks.filter((block) => focus === undefined || block.includes(focus.concurrency)).slice(0, 1);
  const rows = window === undefined ? allRows(page) : rowsAround(page, focus, window - 1);
  return blocks.flatMap((block, index): Line[] => [
    ...(index > 0 ? [[]] : []),
    headLine(layout, block),
    ...rows.flatMap((row) => {
      const series = page.series[row]!;
      const cells = block.map((concurrency) => page.at.get(placeOf(series, concurrency)));
      const label: Piece = [layout.labels[row]!.padEnd(layout.labelWidth)];
      const figures: Line = [label, ...cells.flatMap((cell) => cellPieces(state, layout, cell))];
      return counts ? [figures, countLine(state, layout, cells)] : [figures];
    }),
  ]);
}

const allRows = (page: Page): number[] => page.series.map((_, index) => index);

function rowsAround(page: Page, focus: Cell | undefined, room: number): number[] {
  const id = focus && cellId(focus);
  const row = page.series.findIndex(
    (series) => focus && page.at.get(placeOf(series, focus.concurrency))?.id === id,
  );
  const first = Math.max(0, Math.min(row - (room >> 1), page.series.length - room));
  return allRows(page).slice(first, first + Math.max(1, room));
}

/** Right above the figures; the marks beside them have a place of their own. */
const underFigures = ({ columnWidth, figureWidth }: TableLayout, text: string): string =>
  text.padStart(1 + figureWidth).padEnd(columnWidth);

function headLine(layout: TableLayout, block: readonly number[]): Line {
  const columns = block.map((concurrency) => underFigures(layout, String(concurrency)));
  return [[(heading.padEnd(layout.labelWidth) + columns.join('')).trimEnd(), 'bold']];
}

function countLine(
  { cells }: LiveState,
  layout: TableLayout,
  placed: readonly (PlacedCell | undefined)[],
): Line {
  const counts = placed.map((cell) => {
    const done = cell && cells.get(cell.id)?.repeats.length;
    return underFigures(layout, done ? `${done}/${cell.planned}` : '');
  });
  return [[(' '.repeat(layout.labelWidth) + counts.join('')).trimEnd(), 'dim']];
}

function figureOf(cell: CellFigures | undefined): string {
  if (cell === undefined) return '·';
  return cell.requestsPerSecond ? formatCount(Math.round(cell.requestsPerSecond.median)) : noData;
}

/** The measured cell is marked by an arrow too, for whoever sees no colours. */
function cellPieces(state: LiveState, layout: TableLayout, placed: PlacedCell | undefined): Piece[] {
  if (placed === undefined) return [[' '.repeat(layout.columnWidth)]];
  const cell = state.cells.get(placed.id);
  const figure = figureOf(cell).padStart(layout.figureWidth);
  const marks = cell ? marksOf(cell) : [];
  const used = 1 + layout.figureWidth + layout.markGap.length + marks.length;
  const rest: Piece = [' '.repeat(layout.columnWidth - used)];
  if (state.running && cellId(state.running.planned.cell) === placed.id) {
    return [[`▸${figure}${layout.markGap}${marks.join('')}`, 'inverse'], rest];
  }
  const isLast = state.last !== null && cellId(state.last.cell) === placed.id;
  const figureStyle = cell === undefined ? 'dim' : isLast && !state.over ? 'bold' : undefined;
  return [
    [' '],
    figureStyle ? [figure, figureStyle] : [figure],
    [layout.markGap],
    ...marks.map((mark): Piece => [mark, mark === '‡' ? 'red' : 'yellow']),
    rest,
  ];
}

/** The marks that occur on these pages. */
export function marksIn(pages: readonly Page[], { cells }: LiveState): Set<Mark> {
  const all = pages.flatMap((page) => [...page.at.values()].map(({ id }) => cells.get(id)));
  return new Set(present(all).flatMap(marksOf));
}
