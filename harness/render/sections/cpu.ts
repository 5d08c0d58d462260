import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import type { CpuUse } from '../../analysis/cpu.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { telling } from '../columns.ts';
import { formatPercent, formatShare, noData } from '../format.ts';
import { sharedCoresText } from '../headline.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** Who was busy: server and load, processes and interrupts. */
export function cpuSection({ run, grid }: PageAnalysis, chart: string | null): string {
  if (!grid.cells.some((cell) => cell.repeats.some((repeat) => repeat.ok && repeat.record.cpu))) {
    return blocks(['## CPU of both sides', 'CPU time was not measured in this run.']);
  }
  const shared = sharedCoresText(run.manifest.environment);
  return blocks([
    '## CPU of both sides',
    shared === null ? null : `**${escapeText(shared)}** A shared core's softirq time stands in both columns.`,
    chart,
    "CPU time within the window, median of the blocks; 100 % is one core. Softirq is the time in which a host's cores processed packets; some kernels count a part of it within the interrupted process too. Something else is what ran on a host's cores and was neither server nor load nor harness (of the two hosts the worse, as a share of its cores). The last column is the share of Jerry's cores by which † is decided.",
    cpuTable(grid),
  ]);
}

const columns: readonly (readonly [string, (use: CpuUse) => number | null])[] = [
  ['server', (use) => use.serverPercent],
  ['its parent', (use) => use.parentPercent],
  ['its workers', (use) => use.workersPercent],
  ["Tom's softirq", (use) => use.tomSoftirqPercent],
  ['load generator', (use) => use.generatorPercent],
  ["Jerry's softirq", (use) => use.jerrySoftirqPercent],
  ['something else', (use) => (use.strangersShare === null ? null : 100 * use.strangersShare)],
];

function cpuTable(grid: Grid): string {
  const percent = (cell: CellAnalysis | undefined, pick: (use: CpuUse) => number | null): string => {
    const value = cell ? medianOf(cell, (repeat) => pick(repeat.cpu)) : null;
    return value === null ? noData : formatPercent(value);
  };
  const rows = grid.series.flatMap((series) =>
    telling(grid.concurrencies).map((concurrency, index) => {
      const cell = grid.at(series.id, concurrency);
      const share = cell?.generatorShare;
      const full = cell?.generatorFull === true ? ' †' : '';
      return [
        index === 0 ? escapeText(series.label) : '',
        String(concurrency),
        ...columns.map(([, pick]) => percent(cell, pick)),
        share ? formatShare(share.median) + full : noData,
      ];
    }),
  );
  return table(['', 'connections', ...columns.map(([name]) => name), "of Jerry's cores"], rows, [
    'l',
    'r',
    ...columns.map(() => 'r' as const),
    'r',
  ]);
}
