import type { PageAnalysis } from '../../analysis/page.ts';
import { workerShares } from '../../analysis/workers.ts';
import { telling } from '../columns.ts';
import { formatShare, noData } from '../format.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** How evenly the processes of each server shared its work. Null where no server has several. */
export function workersSection({ grid }: PageAnalysis): string | null {
  const rows = grid.series.flatMap((series) =>
    telling(grid.concurrencies).flatMap((concurrency, index) => {
      const cell = grid.at(series.id, concurrency);
      const shares = cell ? workerShares(cell.repeats) : [];
      if (shares.length === 0) return [];
      const text = (pick: (share: (typeof shares)[number]) => number | null): string =>
        shares.map((share) => format(pick(share))).join(' · ');
      return [
        [
          index === 0 ? escapeText(series.label) : '',
          String(concurrency),
          text((share) => share.acceptedShare),
          text((share) => share.answeredShare),
          text((share) => share.cpuShare),
        ],
      ];
    }),
  );
  if (rows.length === 0) return null;
  return blocks([
    '## How the processes shared the work',
    "Parent first, then the workers, medians of the blocks. Accepts and answers are shares of the server's, counted by each process itself; CPU time is a share of one core.",
    table(['', 'connections', 'accepts', 'answers', 'CPU time'], rows, ['l', 'r', 'r', 'r', 'r']),
  ]);
}

const format = (share: number | null): string => (share === null ? noData : formatShare(share));
