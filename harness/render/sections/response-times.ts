import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import { notesOf } from '../../analysis/digest.ts';
import type { Percentiles } from '../../analysis/histogram.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatTime, noData } from '../format.ts';
import { tellingTable } from '../grid-tables.ts';
import { blocks, escapeText } from '../markdown.ts';

/** How long an answer took, and how much of that was connecting. */
export function responseTimesSection({ grid, run }: PageAnalysis, chart: string | null): string {
  const notes = generatorNotes(notesOf(run, grid.load, { all: true }));
  const body =
    chart === null
      ? `The load ${escapeText(grid.load)} gives no response times.`
      : blocks([
          chart,
          'Histograms of all blocks are added up before a percentile is taken. Stalled is how many connections were still unanswered at the end of the window and its drain (median of the blocks): they are in no percentile. Sent again counts TCP segments that either side repeated, SYNs included, per 1,000 requests.',
          timesTable(grid),
        ]);
  return blocks(['## Response times', body, notes]);
}

const timesTable = (grid: Grid): string =>
  tellingTable(
    grid,
    ['p50', 'p90', 'p99', 'max', 'connect p50', 'connect p99', 'stalled', 'sent again'],
    timeCells,
  );

function timeCells(cell: CellAnalysis | undefined): string[] {
  const time = (times: Percentiles | null | undefined, pick: (times: Percentiles) => number): string =>
    times ? formatTime(pick(times)) : noData;
  const again = cell ? medianOf(cell, (repeat) => repeat.retransmitsPerThousand) : null;
  return [
    time(cell?.responseTime, (times) => times.p50Us),
    time(cell?.responseTime, (times) => times.p90Us),
    time(cell?.responseTime, (times) => times.p99Us),
    time(cell?.responseTime, (times) => times.maxUs),
    time(cell?.connectTime, (times) => times.p50Us),
    time(cell?.connectTime, (times) => times.p99Us),
    cell?.stalled ? formatCount(cell.stalled.median) : noData,
    again === null ? noData : formatCount(again),
  ];
}

/** What the load generator said, or is known to get wrong, each thing once. */
function generatorNotes(notes: readonly string[]): string | null {
  if (notes.length === 0) return null;
  return [
    'The load generator says, or is known for:',
    '',
    ...notes.map((note) => `- ${escapeText(note)}`),
  ].join('\n');
}
