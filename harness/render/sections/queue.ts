import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import type { RepeatAnalysis } from '../../analysis/repeat.ts';
import { socketsInState } from '../../analysis/sockets.ts';
import { formatCount, formatShare, noData } from '../format.ts';
import { tellingTable } from '../grid-tables.ts';
import { blocks } from '../markdown.ts';

/** Who waited where: the accept queue over time, and what the sockets of both hosts did. Null where neither was watched. */
export function queueSection({ grid }: PageAnalysis): string | null {
  const parts = [queueTable(grid), socketTable(grid)].filter((part) => part !== null);
  return parts.length === 0 ? null : blocks(['## Who waited: the accept queue and the sockets', ...parts]);
}

type Figure = (repeat: RepeatAnalysis) => number | null | undefined;
type Column = readonly [title: string, figure: Figure, format: (value: number) => string];

const oneDecimal = (value: number): string =>
  value < 100 ? value.toFixed(1) : formatCount(Math.round(value));

const queueColumns: readonly Column[] = [
  ['limit', ({ record }) => record.acceptQueue?.limit, formatCount],
  ['mean length', ({ record }) => record.acceptQueue?.meanLength, oneDecimal],
  ['longest', ({ record }) => record.acceptQueue?.maxLength, formatCount],
  ['at its limit', ({ record }) => record.acceptQueue?.fullShare, formatShare],
  ['server slept while somebody waited', ({ record }) => record.acceptQueue?.sleepingShare, formatShare],
  ['it slept on one client', ({ record }) => record.acceptQueue?.blockedShare, formatShare],
  ['longest such sleep, ms', ({ record }) => record.acceptQueue?.longestBlockMs, formatCount],
];

function queueTable(grid: Grid): string | null {
  const sampled = grid.cells.flatMap((cell) => cell.repeats).find((repeat) => repeat.record.acceptQueue);
  if (!sampled) return null;
  return blocks([
    `The queue was looked at every ${formatCount(sampled.record.acceptQueue!.intervalMs)} ms within the window; medians of the blocks. A queue holds one connection more than its limit. A server that sleeps while somebody waits is held up by something else than a lack of work; where nothing was answered between two looks, it was one client that it waited for.`,
    figureTable(grid, queueColumns),
  ]);
}

const tcp =
  (host: 'tom' | 'jerry', group: 'tcp' | 'tcpExt', name: string): Figure =>
  ({ record }) =>
    record.kernel ? (record.kernel[host][group][name] ?? 0) : null;
const state =
  (host: 'tom' | 'jerry', name: string): Figure =>
  ({ record }) =>
    socketsInState(record, host, name);

const socketColumns: readonly Column[] = [
  ["Jerry's in SYN_SENT", state('jerry', 'synSent'), oneDecimal],
  ["Jerry's established", state('jerry', 'established'), oneDecimal],
  ["Tom's established", state('tom', 'established'), oneDecimal],
  ["Tom's in SYN_RECV", state('tom', 'synReceived'), oneDecimal],
  ["Tom's in TIME_WAIT", state('tom', 'timeWait'), (value) => formatCount(Math.round(value))],
  ['SYNs sent again', tcp('jerry', 'tcpExt', 'TCPSynRetrans'), formatCount],
  ['segments sent again', ({ retransmits }) => retransmits, formatCount],
  ['SYN cookies', tcp('tom', 'tcpExt', 'SyncookiesSent'), formatCount],
  ['resets sent by Tom', tcp('tom', 'tcp', 'OutRsts'), formatCount],
];

function socketTable(grid: Grid): string | null {
  const isWatched = grid.cells.some((cell) => cell.repeats.some(({ record }) => record.sockets?.states));
  if (!isWatched) return null;
  return blocks([
    "Sockets by state are means over the window, of one to five looks a second, as long as the machine's socket table lets a look take; what was sent again, cookies and resets are the kernel's counts of one repeat, warm-up included. Who is in SYN_SENT has no connection yet and, between these hosts, waits for its SYN to be sent again. Who is established on Jerry's side only believes to be connected: the queue was full when its handshake ended.",
    figureTable(grid, socketColumns),
  ]);
}

function figureTable(grid: Grid, columns: readonly Column[]): string {
  const text = (cell: CellAnalysis | undefined, [, figure, format]: Column): string => {
    const value = cell ? medianOf(cell, (repeat) => figure(repeat) ?? null) : null;
    return value === null ? noData : format(value);
  };
  return tellingTable(
    grid,
    columns.map(([title]) => title),
    (cell) => columns.map((column) => text(cell, column)),
  );
}
