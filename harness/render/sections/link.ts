import { medianOf, type CellAnalysis } from '../../analysis/cells.ts';
import type { LinkRates } from '../../analysis/link.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { telling } from '../columns.ts';
import { formatBitRate, formatCount, formatShare, noData } from '../format.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** What the link can carry and what it did. Null where that was not watched. */
export function linkSection({ run, grid }: PageAnalysis): string | null {
  const { link, tom, jerry } = run.manifest.environment;
  if (grid.cells.every((cell) => middle(cell, (rates) => rates.tomBitsPerSecond) === null)) return null;
  const capacity = link?.bitsPerSecond ?? null;
  const known =
    capacity === null
      ? `What the link can carry was not measured${link?.reason ? `: ${link.reason}` : ''}.`
      : `Before the first repeat ${link!.tool} carried ${formatBitRate(capacity)} from Tom to Jerry, on the cores that the hosts have.`;
  const device =
    tom.address === jerry.address
      ? 'What went over the device that both hosts share, requests and responses together,'
      : 'What Tom sent to Jerry';
  const shown = telling(grid.concurrencies);
  return blocks([
    '## The link between the hosts',
    escapeText(known),
    `${device} within the window, headers included${capacity === null ? '' : ', and its share of that'}; median of the blocks. Held back counts how often a traffic shaper made a packet wait, dropped the packets that it gave up.`,
    table(
      ['', ...shown.map((concurrency) => `${concurrency} connections`)],
      grid.series.map((series) => [
        escapeText(series.label),
        ...shown.map((concurrency) => loadText(grid.at(series.id, concurrency), capacity)),
      ]),
      ['l', ...shown.map((): 'r' => 'r')],
    ),
  ]);
}

const middle = (cell: CellAnalysis, pick: (rates: LinkRates) => number | null): number | null =>
  medianOf(cell, ({ link }) => pick(link));

function loadText(cell: CellAnalysis | undefined, capacity: number | null): string {
  const rate = cell ? middle(cell, (rates) => rates.tomBitsPerSecond) : null;
  if (cell === undefined || rate === null) return noData;
  const share = capacity === null ? '' : ` (${formatShare(rate / capacity)})`;
  const heldBack = middle(cell, (rates) => rates.heldBackPackets) ?? 0;
  const dropped = middle(cell, (rates) => rates.droppedPackets) ?? 0;
  const held =
    heldBack + dropped > 0 ? `; held back ${formatCount(heldBack)}, dropped ${formatCount(dropped)}` : '';
  return `${formatBitRate(rate)}${share}${held}`;
}
