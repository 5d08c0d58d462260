import type { Series } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import {
  commonGrid,
  largestFall,
  ourRates,
  referenceConcurrency,
  relativeToBaseline,
  relativeToOwn,
  type Fall,
  type RateTable,
} from '../../analysis/shape.ts';
import { columnBlocks } from '../columns.ts';
import { formatWhole, formatRatio, formatShare, noData } from '../format.ts';
import { blocks, details, escapeText, table } from '../markdown.ts';

/** The seed's own table, and its shape against ours. Null for scenarios that rebuild none of its tables. */
export function seedSection(
  { run, grid, seed, headline }: PageAnalysis,
  chart: string | null,
): string | null {
  if (!seed) return null;
  const ours = ourRates(grid);
  const common = commonGrid(seed, ours);
  const series = grid.series.filter((one) => common.variants.includes(one.id));
  const reference = referenceConcurrency(common.concurrencies);
  const baseline = headline.baseline?.id ?? run.manifest.scenario.baseline;
  const shapes =
    reference === null || series.length === 0
      ? 'This run has no cell in common with it, so their shapes cannot be compared.'
      : blocks([
          fallsText(series, seed, ours, common.concurrencies),
          chart,
          details(
            `Relative to itself: throughput over the same variant's at ${reference} connections`,
            blocks(
              pairTables(series, common.concurrencies, seed, ours, (rates, variant, concurrency) =>
                relativeToOwn(rates, variant, concurrency, reference),
              ),
            ),
          ),
          series.length > 1
            ? `**Relative to ${escapeText(labelOf(grid.series, baseline))}** at the same concurrency.`
            : null,
          ...pairTables(
            series.filter((one) => one.id !== baseline),
            common.concurrencies,
            seed,
            ours,
            (rates, variant, concurrency) => relativeToBaseline(rates, variant, concurrency, baseline),
          ),
        ]);
  return blocks([
    "## Beside the seed experiment's own table",
    "The note that this project rebuilds printed the table below under the name of QPS. Its figures are webbench's `Speed` in pages per minute, failed requests included; here they are divided by 60. Other machines, another network: only shapes are compared below, never a figure with a figure.",
    ...columnBlocks(seed.concurrencies).map((columns) =>
      table(
        ['seed, requests per second', ...columns.map(String)],
        seed.variants.map((variant) => [
          escapeText(labelOf(grid.series, variant)),
          ...columns.map((concurrency) => optional(seed.rate(variant, concurrency), formatWhole)),
        ]),
        ['l', ...columns.map(() => 'r' as const)],
      ),
    ),
    shapes,
  ]);
}

function optional(value: number | null, format: (value: number) => string): string {
  return value === null ? noData : format(value);
}

function labelOf(series: readonly Series[], id: string): string {
  return series.find((one) => one.id === id)?.label ?? id;
}

/** Two rows a variant, the seed's and ours, in blocks of columns. */
function pairTables(
  series: readonly Series[],
  concurrencies: readonly number[],
  seed: RateTable,
  ours: RateTable,
  ratio: (rates: RateTable, variant: string, concurrency: number) => number | null,
): string[] {
  if (series.length === 0) return [];
  return columnBlocks(concurrencies).map((columns) => {
    const cells = (rates: RateTable, variant: string): string[] =>
      columns.map((concurrency) => optional(ratio(rates, variant, concurrency), formatRatio));
    return table(
      ['connections', '', ...columns.map(String)],
      series.flatMap((one) => [
        [escapeText(one.label), 'seed', ...cells(seed, one.id)],
        ['', 'this run', ...cells(ours, one.id)],
      ]),
      ['l', 'l', ...columns.map(() => 'r' as const)],
    );
  });
}

/** The steepest step down of each variant, in the seed's table and in ours. */
function fallsText(
  series: readonly Series[],
  seed: RateTable,
  ours: RateTable,
  concurrencies: readonly number[],
): string {
  const lines = series.map((one) => {
    const theirs = largestFall(seed, one.id, concurrencies);
    const own = largestFall(ours, one.id, concurrencies);
    return `- ${escapeText(one.label)}: ${fallText(theirs)} in the seed's table, ${fallText(own)} in this run.`;
  });
  return [`The steepest step down from one concurrency to the next:`, '', ...lines].join('\n');
}

function fallText(fall: Fall | null): string {
  return fall === null
    ? 'no fall'
    : `to ${formatShare(fall.ratio)} from ${fall.from} to ${fall.to} connections`;
}
