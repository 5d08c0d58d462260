import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import type { CpuUse } from '../../analysis/cpu.ts';
import { ceilingLimitShare, type Ceiling } from '../../analysis/ceiling.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatPercent, formatShare, noData } from '../format.ts';
import { tellingTable } from '../grid-tables.ts';
import { sharedCoresText } from '../caveats.ts';
import { blocks, escapeText, table } from '../markdown.ts';
import { waitsText } from './waits.ts';

/** Who was busy: server and load, processes and interrupts. */
export function cpuSection({ run, grid }: PageAnalysis, chart: string | null): string {
  if (!grid.cells.some((cell) => cell.repeats.some((repeat) => repeat.ok && repeat.watchedMs !== null))) {
    return blocks(['## CPU of both sides', 'CPU time was not measured in this run.']);
  }
  const shared = sharedCoresText(run.manifest.environment);
  return blocks([
    '## CPU of both sides',
    shared === null ? null : `**${escapeText(shared)}** A shared core's softirq time stands in both columns.`,
    chart,
    "CPU time within the window, median of the blocks; 100 % is one core. Softirq is the time in which a host's cores processed packets; some kernels count a part of it within the interrupted process too, so that the two add up to more than the cores were busy. Something else is what ran on a host's cores and was neither server nor load nor harness (of the two hosts the worse, as a share of its cores). The last columns decide about †: the share of Jerry's cores that the generator used, and the throughput as a share of its ceiling.",
    cpuTable(grid),
    waitsText(grid),
  ]);
}

const columns: readonly (readonly [string, (use: CpuUse) => number | null])[] = [
  ['server', (use) => use.serverPercent],
  ['its parent', (use) => use.parentPercent],
  ['its workers', (use) => use.workersPercent],
  ["Tom's softirq", (use) => use.tomSoftirqPercent],
  ["Tom's cores busy", (use) => (use.tomBusyShare === null ? null : 100 * use.tomBusyShare)],
  ['load generator', (use) => use.generatorPercent],
  ["Jerry's softirq", (use) => use.jerrySoftirqPercent],
  ['something else', (use) => (use.strangersShare === null ? null : 100 * use.strangersShare)],
];

function cpuTable(grid: Grid): string {
  const percent = (cell: CellAnalysis | undefined, pick: (use: CpuUse) => number | null): string => {
    const value = cell ? medianOf(cell, (repeat) => pick(repeat.cpu)) : null;
    return value === null ? noData : formatPercent(value);
  };
  const titles = [...columns.map(([name]) => name), "of Jerry's cores", 'of the ceiling'];
  return tellingTable(grid, titles, (cell) => {
    const share = cell?.generatorShare;
    const full = cell?.generatorBound === true ? ' †' : '';
    return [
      ...columns.map(([, pick]) => percent(cell, pick)),
      share ? formatShare(share.median) : noData,
      (cell?.ceilingShare == null ? noData : formatShare(cell.ceilingShare)) + full,
    ];
  });
}

/** What the load can do on these cores, so that a reader sees how far the servers' figures are from it. */
export function ceilingSection({ grid }: PageAnalysis): string {
  if (grid.ceilings.length === 0) return '';
  return blocks([
    '## What the load generator can do here',
    `Measured before the servers, against the cheapest server there is: \`sink\`, which gives a fixed answer and closes. Where the sink was exhausted before the generator, the ceiling is the measured rate over the generator's share of its cores. Figures above ${formatShare(ceilingLimitShare)} of the ceiling are marked †.`,
    table(
      ['connections', 'measured at', 'requests per second', "generator's share of its cores", 'ceiling'],
      grid.ceilings.map(ceilingRow),
      ['l', 'r', 'r', 'r', 'r'],
    ),
  ]);
}

function ceilingRow(ceiling: Ceiling): string[] {
  const { from, to, measuredAt, sinkRequestsPerSecond, generatorShare, requestsPerSecond } = ceiling;
  return [
    from === to ? String(from) : `${from}–${to}`,
    String(measuredAt),
    formatCount(Math.round(sinkRequestsPerSecond)),
    generatorShare === null ? noData : formatShare(generatorShare),
    formatCount(Math.round(requestsPerSecond)),
  ];
}
