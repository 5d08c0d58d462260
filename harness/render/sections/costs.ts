import type { CellAnalysis } from '../../analysis/cells.ts';
import { serverCost, type ServerCost } from '../../analysis/costs.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatRatio, noData } from '../format.ts';
import { gridTables } from '../grid-tables.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { rangeText } from '../interval-text.ts';
import { blocks, escapeText } from '../markdown.ts';

/**
 * What a request cost each server, and so how many short connections it serves per core. It tells servers apart even
 * where the load generator was the limit. Null where it is not known.
 */
export function costsSection({ run, grid, headline }: PageAnalysis): string | null {
  const { baseline } = run.manifest.scenario;
  const costOf = (cell: CellAnalysis): ServerCost | null => serverCost(grid, baseline, cell);
  if (grid.cells.every((cell) => costOf(cell) === null)) return null;
  const base = headline.baseline;
  return blocks([
    '## What a request cost the server',
    `Microseconds of CPU time of Tom's cores for each request, processes and interrupts${
      base
        ? `; below it, how many requests the server answers with the CPU time for which ${escapeText(base.label)} answers one`
        : ''
    }. Geometric means of the blocks; from ${fewestForInterval} blocks on with the 95 % interval in brackets. This tells servers apart even where the load generator was the limit.`,
    ...gridTables(grid, (cell) => costText(cell ? costOf(cell) : null)),
  ]);
}

function costText(cost: ServerCost | null): string {
  if (!cost) return noData;
  const ratio =
    cost.perCore === null
      ? ''
      : `<br><sub>${formatRatio(cost.perCore.estimate)}×${rangeText(cost.perCore, formatRatio)}</sub>`;
  return formatCount(cost.usPerRequest.estimate) + ratio;
}
