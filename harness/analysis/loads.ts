import type { Run } from '../core/journal.ts';
import { figureByBlock, ratiosByBlock, type Figure } from './by-block.ts';
import { buildGrid, medianOf, type CellAnalysis, type Grid, type Series } from './cells.ts';
import { digestOf, type DigestedRun } from './digest.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { sum } from './statistics.ts';
import { fitted } from './thresholds.ts';

/** From this share of its cores on a server had no CPU to spare: the load could have done more. */
export const serverFullShare = fitted.serverFull;

/** One load at one place of the grid. Null: not measured. */
export interface LoadCell {
  readonly load: string;
  readonly cell: CellAnalysis;
  readonly requestsPerSecond: Interval | null;
  /** CPU time of Jerry's cores, processes and softirq, in microseconds for each request. */
  readonly cpuUsPerRequest: Interval | null;
  /** Over the reference load's, taken within each block. */
  readonly rateRatio: Interval | null;
  readonly cpuRatio: Interval | null;
  /** Whether the server had no CPU to spare: then the rate is the server's, not the load's. */
  readonly serverFull: boolean | null;
  /** What the load counted over what the server answered, of all repeats; null where the server does not count. */
  readonly countedShare: number | null;
}

/** The same cells through several loads. */
export interface LoadComparison {
  readonly run: DigestedRun;
  readonly loads: readonly string[];
  /** The load that the others are compared with. */
  readonly reference: string;
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  readonly grids: readonly Grid[];
  readonly at: (load: string, seriesId: string, concurrency: number) => LoadCell | undefined;
}

export function compareLoads(of: Run | DigestedRun, loads: readonly string[]): LoadComparison {
  const run = digestOf(of);
  const grids = loads.map((load) => buildGrid(run, load));
  const wanted = run.manifest.scenario.referenceLoad;
  const reference = wanted !== undefined && loads.includes(wanted) ? wanted : loads[0]!;
  const referenceGrid = grids[loads.indexOf(reference)]!;
  const cells = new Map<string, LoadCell>();
  const place = (load: string, series: string, concurrency: number): string =>
    `${concurrency} ${series} ${load}`;
  for (const grid of grids) {
    for (const cell of grid.cells) {
      const base = referenceGrid.at(cell.series.id, cell.concurrency);
      cells.set(place(grid.load, cell.series.id, cell.concurrency), loadCell(grid.load, cell, base));
    }
  }
  return {
    run,
    loads,
    reference,
    series: grids[0]!.series,
    concurrencies: [...new Set(grids.flatMap((grid) => grid.concurrencies))].sort((a, b) => a - b),
    grids,
    at: (load, seriesId, concurrency) => cells.get(place(load, seriesId, concurrency)),
  };
}

const rate: Figure = (repeat) => repeat.requestsPerSecond;
const cpu: Figure = (repeat) => repeat.generatorCpuUsPerRequest;

function loadCell(load: string, cell: CellAnalysis, base: CellAnalysis | undefined): LoadCell {
  const serverShare = medianOf(cell, (repeat) => repeat.cpu.serverShare);
  return {
    load,
    cell,
    requestsPerSecond: intervalOf([...figureByBlock(cell, rate).values()]),
    cpuUsPerRequest: intervalOf([...figureByBlock(cell, cpu).values()]),
    rateRatio: base === cell ? null : ratioOf(cell, base, rate),
    cpuRatio: base === cell ? null : ratioOf(cell, base, cpu),
    serverFull: serverShare === null ? null : serverShare >= serverFullShare,
    countedShare: countedShare(cell),
  };
}

function ratioOf(cell: CellAnalysis, base: CellAnalysis | undefined, figure: Figure): Interval | null {
  const ratios = ratiosByBlock(figureByBlock(cell, figure), figureByBlock(base, figure));
  return intervalOf([...ratios.values()]);
}

function countedShare(cell: CellAnalysis): number | null {
  const both = cell.repeats.filter((repeat) => repeat.ok && (repeat.serverAnswered ?? 0) > 0);
  if (both.length === 0) return null;
  const counted = sum(both.map((repeat) => repeat.totalSucceeded ?? 0));
  return counted / sum(both.map((repeat) => repeat.serverAnswered ?? 0));
}
