import { medianOf, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import type { Waits } from '../../analysis/waits.ts';
import { formatCount, formatRatio, formatShare, noData } from '../format.ts';
import { tellingTable } from '../grid-tables.ts';
import { blocks } from '../markdown.ts';

type Column = readonly [
  name: string,
  pick: (waits: Waits) => number | null,
  format: (value: number) => string,
];

const columns: readonly Column[] = [
  ['server: run-queue wait', (waits) => waits.serverWaitShare, formatShare],
  ['µs a request', (waits) => waits.serverWaitUsPerRequest, formatCount],
  ['voluntary switches a request', (waits) => waits.serverVoluntaryPerRequest, formatRatio],
  ['involuntary switches a request', (waits) => waits.serverInvoluntaryPerRequest, formatRatio],
  ['server: throttled', (waits) => waits.serverThrottledShare, formatShare],
  ['generator: run-queue wait', (waits) => waits.generatorWaitShare, formatShare],
  ['generator: throttled', (waits) => waits.generatorThrottledShare, formatShare],
  ['CPU pressure', (waits) => waits.cpuPressureShare, formatShare],
  ['other cores busy', (waits) => waits.otherCoresBusy, formatRatio],
];

/** What kept the processes from working. Null where context switches were not watched. */
export function waitsText(grid: Grid): string | null {
  const middle = (cell: CellAnalysis, pick: (waits: Waits) => number | null): number | null =>
    medianOf(cell, ({ waits }) => pick(waits));
  const anywhere = (isOne: (cell: CellAnalysis) => boolean): boolean => grid.cells.some(isOne);
  if (!anywhere((cell) => middle(cell, (waits) => waits.serverVoluntaryPerRequest) !== null)) return null;
  // A column that says nothing anywhere only makes the others harder to read.
  const shown = columns.filter(([, pick]) => anywhere((cell) => (middle(cell, pick) ?? 0) > 0));
  return blocks([
    'What kept the processes from working, as a share of the window or for each request that succeeded; median of the blocks. Run-queue wait is the time in which they could run and had no core, added up over the processes of a side. With a voluntary switch a process begins to wait for something; an involuntary one takes its core from it. Throttled is the time for which a quota on their control group held them back, CPU pressure that in which some task of the whole machine had no core, and other cores are those of neither host. Columns without any figure above zero are left out.',
    tellingTable(
      grid,
      shown.map(([name]) => name),
      (cell) =>
        shown.map(([, pick, format]) => {
          const value = cell ? middle(cell, pick) : null;
          return value === null ? noData : format(value);
        }),
    ),
  ]);
}
