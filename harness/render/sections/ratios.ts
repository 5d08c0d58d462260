import { againstBaseline, everyPair, familyLevel, type Comparison } from '../../analysis/compare.ts';
import type { Series } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatRatio, noData } from '../format.ts';
import { concurrencyTables } from '../grid-tables.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { rangeBelow } from '../interval-text.ts';
import type { Links } from '../links.ts';
import { blocks, details, escapeText } from '../markdown.ts';

/** So many variants at most have all of their pairs on the page; of more they stand in the CSV. */
const mostVariants = 4;

/** Who is how many times as fast as whom, and how sure that is. Null where there is nobody to compare with. */
export function ratiosSection(page: PageAnalysis, links: Links): string | null {
  const { grid, headline, run } = page;
  const { baseline } = headline;
  const comparisons = againstBaseline(grid, run.manifest.scenario.baseline);
  if (!baseline || comparisons.length === 0) return null;
  const others = everyPair(grid).filter(({ base }) => base.variant !== run.manifest.scenario.baseline);
  return blocks([
    '## How many times as fast',
    `Successful requests per second over those of ${escapeText(baseline.label)}, taken within each block, in which all ran side by side.`,
    ...ratioTables(comparisons, grid.concurrencies, ({ series }) => escapeText(series.label)),
    legend(comparisons, links),
    others.length === 0 || grid.series.length > mostVariants
      ? null
      : details(
          'The other pairs',
          blocks(
            ratioTables(
              others,
              grid.concurrencies,
              ({ series, base }) => `${escapeText(series.label)} over ${escapeText(base.label)}`,
            ),
          ),
        ),
  ]);
}

function ratioTables(
  comparisons: readonly Comparison[],
  concurrencies: readonly number[],
  nameOf: (pair: { readonly series: Series; readonly base: Series }) => string,
): string[] {
  const names = [...new Set(comparisons.map(nameOf))];
  const byPlace = new Map(comparisons.map((one) => [`${nameOf(one)} ${one.concurrency}`, one]));
  return concurrencyTables(
    concurrencies,
    names,
    (name) => name,
    (name, concurrency) => ratioCell(byPlace.get(`${name} ${concurrency}`)),
  );
}

function ratioCell(comparison: Comparison | undefined): string {
  if (!comparison) return noData;
  const { ratio, relation } = comparison;
  const estimate = formatRatio(ratio.estimate);
  const figure = relation === 'unclear' ? estimate : `**${estimate}**`;
  return figure + rangeBelow(ratio, formatRatio);
}

function legend(comparisons: readonly Comparison[], links: Links): string {
  const most = Math.max(...comparisons.map(({ ratio }) => ratio.blocks));
  const every = `Every pair, with p-values: [ratios.csv](${links.run}/ratios.csv).`;
  if (most < 2) return `One block: how sure a ratio is cannot be said. ${every}`;
  const sure = comparisons.filter(({ relation }) => relation !== 'unclear').length;
  const bold =
    sure > 0
      ? `**Bold**: not 1, for all ${comparisons.length} of the table at once (Holm's correction at ${familyLevel * 100} %; two equal servers would give a bold figure in at most one table of 20).`
      : `None of the ${comparisons.length} is sure to differ from 1, if they are judged all at once (Holm's correction at ${familyLevel * 100} %).`;
  const below =
    most < fewestForInterval
      ? 'Geometric means of two blocks, which are too few for an interval.'
      : "Geometric means of the blocks; below them the 95 % interval (Student's, over the logarithms of the blocks' ratios).";
  return [below, bold, every].join('<br>\n');
}
