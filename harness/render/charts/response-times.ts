import type { CellAnalysis, Grid } from '../../analysis/cells.ts';
import type { Percentiles } from '../../analysis/histogram.ts';
import { present } from '../../analysis/statistics.ts';
import { smallMultiples } from './small-multiples.ts';
import type { Chart } from './svg.ts';

const quantities: readonly (readonly [string, (times: Percentiles) => number])[] = [
  ['p50: half of the answers took at most', (times) => times.p50Us],
  ['p90: nine of ten took at most', (times) => times.p90Us],
  ['p99: 99 of 100 took at most', (times) => times.p99Us],
  ['the slowest answer', (times) => times.maxUs],
];

/** Labels in the unit that suits them; the axis is in milliseconds. */
const timeLabel =
  "datum.value < 1 ? format(datum.value * 1000, '~g') + ' µs' : datum.value < 1000 ? format(datum.value, '~g') + ' ms' : format(datum.value / 1000, '~g') + ' s'";

/** Percentiles of the response time over concurrency. Null where no load gave any. */
export function responseTimeChart(grid: Grid): Chart | null {
  const times = present(grid.cells.map((cell) => cell.responseTime));
  if (times.length === 0) return null;
  const values = times.flatMap((one) => quantities.map(([, value]) => Math.max(1, value(one)) / 1000));
  const lowest = decadeBelow(Math.min(...values));
  const highest = decadeAbove(Math.max(...values));
  const valueOf = (cell: CellAnalysis, pick: (times: Percentiles) => number): number | null =>
    cell.responseTime ? Math.max(1, pick(cell.responseTime)) / 1000 : null;
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
    y: {
      title: 'response time (log scale)',
      scale: { type: 'log', domain: [lowest, highest] },
      label: timeLabel,
      ticks: decades(lowest, highest),
    },
  });
}

const decadeBelow = (value: number): number => 10 ** Math.floor(Math.log10(value));

function decadeAbove(value: number): number {
  return 10 ** Math.ceil(Math.log10(value) + 1e-9);
}

/** Powers of ten as they are written: 10 ** -3 computed step by step would not be 0.001. */
function decades(lowest: number, highest: number): number[] {
  const first = Math.round(Math.log10(lowest));
  const last = Math.round(Math.log10(highest));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
}
