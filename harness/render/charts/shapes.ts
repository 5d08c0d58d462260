import type { Grid } from '../../analysis/cells.ts';
import { present } from '../../analysis/statistics.ts';
import { commonGrid, relativeToOwn, type RateTable } from '../../analysis/shape.ts';
import { smallMultiples } from './small-multiples.ts';
import type { Chart } from './svg.ts';

/** The seed's table and ours side by side, each variant relative to itself: shapes, never absolute figures. */
export function shapeChart(grid: Grid, seed: RateTable, ours: RateTable, reference: number): Chart {
  const common = commonGrid(seed, ours);
  const series = grid.series.filter((one) => common.variants.includes(one.id));
  const panel = (title: string, table: RateTable) => ({
    title,
    mark: 1,
    points: series.flatMap((one) =>
      common.concurrencies.map((concurrency) => ({
        series: one,
        concurrency,
        value: relativeToOwn(table, one.id, concurrency, reference),
      })),
    ),
  });
  const panels = [panel("the seed's table", seed), panel('this run', ours)];
  const highest = Math.max(1, ...present(panels.flatMap((one) => one.points.map((point) => point.value))));
  return smallMultiples({
    name: 'seed-shape',
    alt: "Throughput of each variant relative to its own, the seed's table beside this run's",
    title: `Throughput relative to that at ${reference} connections`,
    subtitle: 'The dashed line is no change. Absolute figures of two machines say nothing about each other.',
    series: grid.series,
    concurrencies: common.concurrencies,
    panels,
    y: {
      title: `times that at ${reference}`,
      scale: { type: 'linear', domain: [0, Math.ceil(highest * 5) / 5] },
      label: "format(datum.value, '.1f')",
    },
  });
}
