import { serverCost, type ServerCost } from '../../analysis/costs.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import type { Interval } from '../../analysis/intervals.ts';
import { columnBlocks } from '../columns.ts';
import { formatCount, formatRatio, noData } from '../format.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/**
 * What a request cost each server, and so how many short connections it serves per core. It tells servers apart even
 * where the load generator was the limit. Null where it is not known.
 */
export function costsSection({ run, grid, headline }: PageAnalysis): string | null {
  const { baseline } = run.manifest.scenario;
  const costOf = (series: (typeof grid.series)[number], concurrency: number): ServerCost | null =>
    serverCost(grid, baseline, series, concurrency);
  const isKnown = grid.series.some((series) => grid.concurrencies.some((c) => costOf(series, c) !== null));
  if (!isKnown) return null;
  const base = headline.baseline;
  return blocks([
    '## What a request cost the server',
    `Microseconds of CPU time of Tom's cores for each request, processes and interrupts${
      base
        ? `; below it, how many requests the server answers with the CPU time for which ${escapeText(base.label)} answers one`
        : ''
    }. Geometric means of the blocks; from ${fewestForInterval} blocks on with the 95 % interval in brackets. This tells servers apart even where the load generator was the limit.`,
    ...columnBlocks(grid.concurrencies).map((columns) =>
      table(
        ['connections', ...columns.map(String)],
        grid.series.map((series) => [
          escapeText(series.label),
          ...columns.map((concurrency) => costText(costOf(series, concurrency))),
        ]),
        ['l', ...columns.map(() => 'r' as const)],
      ),
    ),
  ]);
}

function costText(cost: ServerCost | null): string {
  if (!cost) return noData;
  const ratio = cost.perCore === null ? '' : `<br><sub>${ratioText(cost.perCore)}</sub>`;
  return formatCount(cost.usPerRequest.estimate) + ratio;
}

/** With two blocks an interval reaches from a tenth to ten times its middle: that helps nobody. */
const fewestForInterval = 3;

function ratioText({ estimate, low, high, blocks: count }: Interval): string {
  const range =
    low === null || high === null || count < fewestForInterval
      ? ''
      : ` (${formatRatio(low)}–${formatRatio(high)})`;
  return `${formatRatio(estimate)}×${range}`;
}
