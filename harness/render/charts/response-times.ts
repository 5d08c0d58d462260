import type { CellAnalysis, Grid } from '../../analysis/cells.ts';
import type { Percentiles } from '../../analysis/histogram.ts';
import { present } from '../../analysis/statistics.ts';
import { smallMultiples } from './small-multiples.ts';
import type { Chart } from './svg.ts';
import { onTimeAxis, timeAxis } from './time-axis.ts';

const quantities: readonly (readonly [string, (times: Percentiles) => number])[] = [
  ['p50: half of the answers took at most', (times) => times.p50Us],
  ['p90: nine of ten took at most', (times) => times.p90Us],
  ['p99: 99 of 100 took at most', (times) => times.p99Us],
  ['the slowest answer', (times) => times.maxUs],
];

/** Percentiles of the response time over concurrency. Null where no load gave any. */
export function responseTimeChart(grid: Grid): Chart | null {
  const times = present(grid.cells.map((cell) => cell.responseTime));
  if (times.length === 0) return null;
  const values = times.flatMap((one) => quantities.map(([, value]) => onTimeAxis(value(one))));
  const valueOf = (cell: CellAnalysis, pick: (times: Percentiles) => number): number | null =>
    cell.responseTime ? onTimeAxis(pick(cell.responseTime)) : null;
  return smallMultiples({
    name: 'response-times',
    alt: 'Response-time percentiles over concurrency, one line a variant',
    title: 'Response time, from the start of connect to the end of the answer',
    subtitle:
      'Percentiles of all blocks taken together. Requests that were never answered are in none of them.',
    series: grid.series,
    concurrencies: grid.concurrencies,
    panels: quantities.map(([title, pick]) => ({
      title,
      points: grid.cells.map((cell) => ({
        series: cell.series,
        concurrency: cell.concurrency,
        value: valueOf(cell, pick),
      })),
    })),
    y: timeAxis(values),
  });
}
