import { isInvalid, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import { ceilingLimitShare } from '../../analysis/ceiling.ts';
import { generatorFullShare, sharedCoreFullShare, strangersShareLimit } from '../../analysis/cpu.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatShare, noData } from '../format.ts';
import { gridTables } from '../grid-tables.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { rangeBelow } from '../interval-text.ts';
import { sharedCoresText } from '../caveats.ts';
import type { Links } from '../links.ts';
import { blocks, escapeText } from '../markdown.ts';
import { marksOf } from '../marks.ts';

/** Requests per second in the seed's two blocks of columns, with interval and marks; cells.csv has webbench's unit too. */
export function throughputSection({ run, grid }: PageAnalysis, links: Links): string {
  const shared = sharedCoresText(run.manifest.environment);
  return blocks([
    '## Successful requests per second',
    shared === null ? null : `**${escapeText(shared)}**`,
    ...gridTables(grid, rateCell),
    legend(grid, shared !== null, links),
  ]);
}

function rateCell(cell: CellAnalysis | undefined): string {
  const rate = cell?.requestsPerSecond;
  if (cell && isInvalid(cell) && cell.ok > 0) return invalid;
  if (!cell || !rate) return cell && cell.failed > 0 ? `${noData} ‡` : noData;
  const marks = marksOf(cell);
  const figure = formatCount(rate.median) + (marks.length > 0 ? ` ${marks.join('')}` : '');
  const below = cell.interval === null ? '' : rangeBelow(cell.interval, formatRate);
  if (below !== '' || rate.count < 2) return figure + below;
  return `${figure}<br><sub>${formatRate(rate.min)} to ${formatRate(rate.max)}</sub>`;
}

/** Nobody wants to know the border of an interval to a hundredth of a request. */
const formatRate = (rate: number): string => formatCount(rate >= 10 ? Math.round(rate) : rate);

/** What stands in the place of a figure that contradicts itself. */
const invalid = '*invalid*';

/** Explains the marks that occur, and only those. */
function legend(grid: Grid, sharedCores: boolean, { beside }: Links): string {
  const used = new Set(grid.cells.flatMap(marksOf));
  const missing = grid.cells.some((cell) => cell.ok === 0);
  const spread =
    grid.blocks.length >= fewestForInterval
      ? 'Median over the blocks; below it the 95 % interval of what is typical (Student’s, over the logarithms of the blocks).'
      : grid.blocks.length > 1
        ? 'Median over two blocks; below it the smaller and the larger one: two are too few for an interval.'
        : 'One block: one figure each.';
  const busy = sharedCores
    ? `the cores that the load generator shares with the server were busy for ${formatShare(sharedCoreFullShare)} of the window or more`
    : `its own CPU time and its cores' softirq time made up ${formatShare(generatorFullShare)} of its cores or more`;
  const near =
    grid.ceilings.length > 0
      ? `, or the figure is above ${formatShare(ceilingLimitShare)} of its [ceiling](${beside}/cpu.md#what-the-load-generator-can-do-here)`
      : '';
  const full = `† bound by the load generator: ${busy}${near} (median of the blocks). The server could perhaps do more.`;
  const lines = [
    spread,
    used.has('†') ? full : null,
    used.has('‡') ? '‡ some repeats failed; the figure is that of the others.' : null,
    used.has('§') ? '§ the listen queue overflowed.' : null,
    used.has('¶')
      ? `¶ something else than server, load and harness took more than ${formatShare(strangersShareLimit)} of a host's cores: not our programs' figure alone.`
      : null,
    missing ? `${noData} no successful repeat.` : null,
    grid.cells.some((cell) => cell.ok > 0 && isInvalid(cell))
      ? `${invalid}: no figure; [why](#what-limited-each-figure).`
      : null,
  ];
  return lines.filter((line) => line !== null).join('<br>\n');
}
