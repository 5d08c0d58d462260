import { figureByBlock, ratiosByBlock } from './by-block.ts';
import type { CellAnalysis, Grid } from './cells.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { baselineOf } from './compare.ts';

/** What a request cost a server's cores. */
export interface ServerCost {
  /** Microseconds of CPU time, processes and interrupts of Tom's cores, for each request that succeeded. */
  readonly usPerRequest: Interval;
  /**
   * How many requests it answers with the CPU time for which the baseline answers one, taken within each block. Null for
   * the baseline itself.
   */
  readonly perCore: Interval | null;
}

const costsByBlock = (cell: CellAnalysis | undefined): Map<number, number> =>
  figureByBlock(cell, (repeat) => repeat.serverCpuUsPerRequest);

/** Null where it was not measured. */
export function serverCost(grid: Grid, baseline: string, cell: CellAnalysis): ServerCost | null {
  const { series, concurrency } = cell;
  const costs = costsByBlock(cell);
  const usPerRequest = intervalOf([...costs.values()]);
  if (!usPerRequest) return null;
  const base = series.variant === baseline ? undefined : baselineOf(grid, baseline, series);
  const bases = costsByBlock(base && grid.at(base.id, concurrency));
  return { usPerRequest, perCore: intervalOf([...ratiosByBlock(bases, costs).values()]) };
}
