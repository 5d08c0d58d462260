import { ceilingsOfJerries, jerriesOf, longestSpreadMs, unsaturatedBy } from '../../analysis/jerries.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatShare, formatWhole, noData, plural } from '../format.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** What each of several Jerrys had of the load; null where one host made it. */
export function jerriesSection({ run, grid }: PageAnalysis): string | null {
  const spreadMs = longestSpreadMs(grid.cells);
  if (spreadMs === null) return null;
  const rows = grid.cells.flatMap((cell) =>
    jerriesOf(cell).map((jerry, at) => [
      at === 0 ? escapeText(cell.series.label) : '',
      at === 0 ? formatCount(cell.concurrency) : '',
      nameOf(at),
      formatCount(jerry.connections),
      formatWhole(jerry.requestsPerSecond),
      formatWhole(jerry.failedPerSecond),
      jerry.share === null ? noData : formatShare(jerry.share),
    ]),
  );
  const ceilings = ceilingsOfJerries(run, grid.load);
  return blocks([
    '## What each Jerry did',
    `${plural(grid.cells.length === 0 ? 0 : mostJerries(grid.cells), 'Jerry', 'Jerrys')} made the load together, each with its part of the connections. In no repeat did their starts lie further apart than ${spreadMs.toFixed(1)} ms. Counts are added up and response times are those of all together; medians of the blocks here. The CPU share is that of the generator's process alone, of its own host's cores.`,
    table(['server', 'connections', 'host', 'of them', 'requests/s', 'failed/s', 'CPU'], rows, [
      'l',
      'r',
      'l',
      'r',
      'r',
      'r',
      'r',
    ]),
    ceilings.length === 0 ? null : 'Against `sink`, as it was measured; together they are what stands above.',
    ceilings.length === 0
      ? null
      : table(
          ['connections', 'host', 'of them', 'requests/s', 'CPU'],
          ceilings.flatMap(({ concurrency, hosts }) =>
            hosts.map(({ connections, requestsPerSecond, share }, at) => [
              at === 0 ? formatCount(concurrency) : '',
              nameOf(at),
              formatCount(connections),
              formatWhole(requestsPerSecond),
              share === null ? noData : formatShare(share),
            ]),
          ),
          ['r', 'l', 'r', 'r', 'r'],
        ),
  ]);
}

const nameOf = (at: number): string => (at === 0 ? 'Jerry' : `Jerry ${at + 1}`);

const mostJerries = (cells: PageAnalysis['grid']['cells']): number =>
  Math.max(...cells.map((cell) => jerriesOf(cell).length));

/** Said of a server with more cores than Jerry has, where the load was used up before it; null where nothing was. */
export function unsaturatedText({ run, grid }: PageAnalysis): string | null {
  const { environment, scenario } = run.manifest;
  const { tom, jerry, sharedCores } = environment;
  if (sharedCores.length > 0 || tom.cores.length <= jerry.cores.length) return null;
  const jerries = scenario.hosts.jerries ?? 1;
  const found = grid.cells.flatMap((cell) => unsaturatedBy(cell, grid.ceilings, jerries) ?? []);
  if (found.length === 0) return null;
  const most = found.reduce((a, b) => (b.jerries > a.jerries ? b : a));
  return `In ${plural(found.length, 'cell')} the server had CPU to spare on its ${tom.cores.length} cores while ${jerries === 1 ? 'Jerry' : `the ${jerries} Jerrys`} had none left. At what a request costs it, it could answer about ${formatWhole(most.demand)} requests per second, which takes ${most.jerries} Jerrys like ${jerries === 1 ? 'this one' : 'these'} (--jerries ${most.jerries}).`;
}
