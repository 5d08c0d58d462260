import { figures } from '../../analysis/figures.ts';
import { meanOfCells } from '../../analysis/hypotheses.ts';
import type { Sweep, SweepCell } from '../../analysis/sweep.ts';
import type { FigureName } from '../../core/hypothesis.ts';
import { formatCount, formatRatio, formatShare, noData } from '../format.ts';
import { blocks, details, escapeText, table } from '../markdown.ts';

interface Column {
  readonly title: string;
  readonly figure: FigureName;
  readonly format: (value: number) => string;
}

const calls: readonly Column[] = [
  { title: 'accept, µs', figure: 'acceptUsPerCall', format: formatCount },
  { title: 'recv, µs', figure: 'receiveUsPerCall', format: formatCount },
  { title: 'write, µs', figure: 'writevUsPerCall', format: formatCount },
  { title: 'close, µs', figure: 'closeUsPerCall', format: formatCount },
  { title: 'writev and close of a request', figure: 'writevAndCloseShare', format: formatShare },
];

const watched: readonly Column[] = [
  { title: 'mean response, ms', figure: 'meanResponseMs', format: formatCount },
  { title: 'in the queue', figure: 'queueMeanLength', format: formatCount },
  { title: 'queue full', figure: 'queueFullShare', format: formatShare },
  { title: 'overflows a request', figure: 'overflowsPerRequest', format: formatRatio },
  { title: 'segments sent again a request', figure: 'retransmitsPerRequest', format: formatRatio },
  { title: 'blocked', figure: 'blockedShare', format: formatShare },
  { title: 'longest block, ms', figure: 'longestBlockMs', format: formatCount },
  { title: 'server CPU, µs a request', figure: 'serverCpuUsPerRequest', format: formatCount },
];

/** How long the calls took, of a run in which some conditions trace; null where none does. */
export function callTimesSection(sweep: Sweep): string | null {
  const text = figureTable(sweep, calls);
  return (
    text &&
    blocks([
      '## How long the calls take',
      'Means of the blocks, for each call; the last column is the share of the time between two answers. By the clock a call holds what the server waited in it; `strace -c` counts time on the CPU alone, to the resolution of the kernel’s clock tick.',
      text,
    ])
  );
}

/** Where clients wait, by what the probes saw; null where they did not look. */
export function watchedSection(sweep: Sweep): string | null {
  const text = figureTable(sweep, watched);
  return (
    text &&
    blocks([
      '## Where the clients wait',
      'Means of the blocks. *Blocked* is the share of the time in which the server slept in a call while somebody waited in its queue, and answered nobody.',
      details('Queue, retransmissions and blocking of every cell', text),
    ])
  );
}

/** A row for each cell that has one of the figures; null where none has. */
function figureTable(sweep: Sweep, columns: readonly Column[]): string | null {
  const value = ({ cell }: SweepCell, { figure, format }: Column): string => {
    const mean = meanOfCells(figures[figure], [cell]);
    return mean === null ? noData : format(mean.estimate);
  };
  const rows = sweep.cells
    .map((one) => [one, columns.map((column) => value(one, column))] as const)
    .filter(([, values]) => values.some((text) => text !== noData))
    .map(([{ line, step, cell }, values]) => [
      escapeText(line),
      escapeText(step),
      formatCount(cell.concurrency),
      ...values,
    ]);
  if (rows.length === 0) return null;
  return table(
    ['', escapeText(sweep.factor ?? 'condition'), 'connections', ...columns.map(({ title }) => title)],
    rows,
    ['l', 'l', 'r', ...columns.map(() => 'r' as const)],
  );
}
