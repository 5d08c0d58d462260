import type { CellAnalysis, Grid, Series } from './cells.ts';
import { isInvalid } from './cells.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { baselineOf } from './compare.ts';
import { present } from './statistics.ts';

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

function costsByBlock(cell: CellAnalysis | undefined): Map<number, number> {
  const costs = new Map<number, number>();
  if (!cell || isInvalid(cell)) return costs;
  for (const { ok, record, serverCpuUsPerRequest } of cell.repeats) {
    if (ok && serverCpuUsPerRequest !== null && serverCpuUsPerRequest > 0) {
      costs.set(record.block, serverCpuUsPerRequest);
    }
  }
  return costs;
}

/** Null where it was not measured. */
export function serverCost(
  grid: Grid,
  baseline: string,
  series: Series,
  concurrency: number,
): ServerCost | null {
  const costs = costsByBlock(grid.at(series.id, concurrency));
  const usPerRequest = intervalOf([...costs.values()]);
  if (!usPerRequest) return null;
  const base = series.variant === baseline ? undefined : baselineOf(grid, baseline, series);
  const bases = costsByBlock(base && grid.at(base.id, concurrency));
  const ratios = [...costs].map(([block, cost]) => {
    const other = bases.get(block);
    return other === undefined ? null : other / cost;
  });
  return { usPerRequest, perCore: intervalOf(present(ratios)) };
}
