import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import { generatorFullShare, sharedCoreFullShare } from '../../analysis/cpu.ts';
import { smallMultiples } from './small-multiples.ts';
import type { Chart } from './svg.ts';

/** How busy each side was. Null where CPU time was not measured. */
export function cpuChart(grid: Grid, sharedCores: boolean): Chart | null {
  const panel = (title: string, valueOf: (cell: CellAnalysis) => number | null) => ({
    title,
    points: grid.cells.map((cell) => {
      const share = valueOf(cell);
      return {
        series: cell.series,
        concurrency: cell.concurrency,
        value: share === null ? null : Math.min(100, share * 100),
      };
    }),
  });
  const full = 100 * (sharedCores ? sharedCoreFullShare : generatorFullShare);
  const panels = [
    panel("Tom's cores used by the server", (cell) => medianOf(cell, (repeat) => repeat.cpu.serverShare)),
    {
      ...panel(
        sharedCores ? "Jerry's cores busy (shared with Tom)" : "Jerry's cores used by the load generator",
        (cell) => cell.generatorShare?.median ?? null,
      ),
      mark: full,
    },
  ];
  if (panels.every((one) => one.points.every((point) => point.value === null))) return null;
  return smallMultiples({
    name: 'cpu',
    alt: 'Share of their cores that server and load generator used, over concurrency',
    title: 'Which side was busy',
    subtitle: `Processes and softirq, median of the blocks. Above the dashed line at ${full} % the load generator has no CPU left.`,
    series: grid.series,
    concurrencies: grid.concurrencies,
    panels,
    y: {
      title: 'share of CPU time',
      scale: { type: 'linear', domain: [0, 100] },
      label: "datum.value + ' %'",
      ticks: [0, 20, 40, 60, 80, 100],
    },
  });
}
