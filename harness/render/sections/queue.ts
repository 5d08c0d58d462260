import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import type { RepeatAnalysis } from '../../analysis/repeat.ts';
import { formatCount, formatShare, noData } from '../format.ts';
import { tellingTable } from '../grid-tables.ts';
import { blocks } from '../markdown.ts';

/** Who waited where: the accept queue over time, and what the sockets of both hosts did. Null where neither was watched. */
export function queueSection({ grid }: PageAnalysis): string | null {
  const parts = [queueTable(grid), socketTable(grid)].filter((part) => part !== null);
  return parts.length === 0 ? null : blocks(['## Who waited: the accept queue and the sockets', ...parts]);
}

type Figure = (repeat: RepeatAnalysis) => number | null;
type Column = readonly [title: string, figure: Figure, format: (value: number) => string];

const oneDecimal = (value: number): string =>
  value < 100 ? value.toFixed(1) : formatCount(Math.round(value));

const queueColumns: readonly Column[] = [
  ['limit', ({ queue }) => queue.limit, formatCount],
  ['mean length', ({ queue }) => queue.meanLength, oneDecimal],
  ['longest', ({ queue }) => queue.maxLength, formatCount],
  ['at its limit', ({ queue }) => queue.fullShare, formatShare],
  ['server slept while somebody waited', ({ queue }) => queue.sleepingShare, formatShare],
  ['it slept on one client', ({ queue }) => queue.blockedShare, formatShare],
  ['longest such sleep, ms', ({ queue }) => queue.longestBlockMs, formatCount],
];

function queueTable(grid: Grid): string | null {
  const sampled = grid.cells
    .flatMap((cell) => cell.repeats)
    .find((repeat) => repeat.queue.intervalMs !== null);
  if (!sampled) return null;
  return blocks([
    `The queue was looked at every ${formatCount(sampled.queue.intervalMs!)} ms within the window; medians of the blocks. A queue holds one connection more than its limit. A server that sleeps while somebody waits is held up by something else than a lack of work; where nothing was answered between two looks, it was one client that it waited for.`,
    figureTable(grid, queueColumns),
  ]);
}

const socketColumns: readonly Column[] = [
  ["Jerry's in SYN_SENT", ({ sockets }) => sockets.jerrySynSent, oneDecimal],
  ["Jerry's established", ({ sockets }) => sockets.jerryEstablished, oneDecimal],
  ["Tom's established", ({ sockets }) => sockets.tomEstablished, oneDecimal],
  ["Tom's in SYN_RECV", ({ sockets }) => sockets.tomSynReceived, oneDecimal],
  ["Tom's in TIME_WAIT", ({ sockets }) => sockets.tomMeanTimeWait, (value) => formatCount(Math.round(value))],
  ['SYNs sent again', ({ sockets }) => sockets.jerrySynRetransmits, formatCount],
  ['segments sent again', ({ retransmits }) => retransmits, formatCount],
  ['SYN cookies', ({ sockets }) => sockets.tomSynCookies, formatCount],
  ['resets sent by Tom', ({ sockets }) => sockets.tomResets, formatCount],
];

function socketTable(grid: Grid): string | null {
  const isWatched = grid.cells.some((cell) =>
    cell.repeats.some(({ sockets }) => sockets.jerrySynSent !== null),
  );
  if (!isWatched) return null;
  return blocks([
    "Sockets by state are means over the window, of one to five looks a second, as long as the machine's socket table lets a look take; what was sent again, cookies and resets are the kernel's counts of one repeat, warm-up included. Who is in SYN_SENT has no connection yet and, between these hosts, waits for its SYN to be sent again. Who is established on Jerry's side only believes to be connected: the queue was full when its handshake ended.",
    figureTable(grid, socketColumns),
  ]);
}

function figureTable(grid: Grid, columns: readonly Column[]): string {
  const text = (cell: CellAnalysis | undefined, [, figure, format]: Column): string => {
    const value = cell ? medianOf(cell, figure) : null;
    return value === null ? noData : format(value);
  };
  return tellingTable(
    grid,
    columns.map(([title]) => title),
    (cell) => columns.map((column) => text(cell, column)),
  );
}
