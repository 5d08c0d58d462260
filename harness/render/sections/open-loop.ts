import type { CellAnalysis } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatShare, formatTime, noData } from '../format.ts';
import { blocks, escapeText, table, type Align } from '../markdown.ts';

/** Load at a fixed rate: how much of it there was, how punctual, and how long it took. Null for closed loops alone. */
export function openLoopSection({ grid }: PageAnalysis): string | null {
  const cells = grid.cells.filter(({ openLoop }) => openLoop !== null);
  if (cells.length === 0) return null;
  return blocks([
    '## Load at a fixed rate',
    'Requests were to start at planned times, so many a second, whatever became of those before. Asked is the rate of the plan; answered are the successful requests per second of the window (median of the blocks). Of the requests that were planned within the window, those on time found a free connection when their time came; those that waited started when one became free, first come, first served; and those not started still waited when the window ended, after which nothing starts. The oldest is how long the oldest of them had waited then.',
    table(
      ['', 'connections', 'asked', 'answered', 'on time', 'waited', 'not started', 'oldest'],
      rowsOf(cells, planCells),
      aligned(6),
    ),
    'Response times count from the planned start, not from the actual one: while a server stalls, every request that should have started meanwhile takes as long as the rest of the stall. Counted are those that were answered within the window; what had not been started or answered by its end is in no percentile. The error of the schedule is from the planned to the actual start of those that were on time. It is the generator’s own, and is part of the response time. Histograms of all blocks are added up before a percentile is taken.',
    table(
      [
        '',
        'connections',
        'p50',
        'p90',
        'p99',
        'p99.9',
        'max',
        'schedule error p50',
        'schedule error p99',
        'schedule error max',
      ],
      rowsOf(cells, timeCells),
      aligned(8),
    ),
  ]);
}

const aligned = (figures: number): Align[] => [
  'l',
  'r',
  ...Array.from({ length: figures }, (): Align => 'r'),
];

const rowsOf = (
  cells: readonly CellAnalysis[],
  texts: (cell: CellAnalysis) => readonly string[],
): string[][] =>
  cells.map((cell) => [escapeText(cell.series.label), String(cell.concurrency), ...texts(cell)]);

function planCells({ openLoop, requestsPerSecond }: CellAnalysis): string[] {
  const { rate, planned, started, waited, unstarted, oldestUnstartedMs } = openLoop!;
  const share = (count: number): string => (planned === 0 ? noData : formatShare(count / planned));
  return [
    formatCount(rate),
    requestsPerSecond === null ? noData : formatCount(requestsPerSecond.median),
    share(started - waited),
    share(waited),
    share(unstarted),
    unstarted === 0 ? noData : formatTime(oldestUnstartedMs * 1000),
  ];
}

function timeCells({ responseTime, scheduleError }: CellAnalysis): string[] {
  const response = responseTime && [
    responseTime.p50Us,
    responseTime.p90Us,
    responseTime.p99Us,
    responseTime.p999Us,
    responseTime.maxUs,
  ];
  const error = scheduleError && [scheduleError.p50Us, scheduleError.p99Us, scheduleError.maxUs];
  const texts = (times: readonly number[] | null, count: number): string[] =>
    times ? times.map(formatTime) : Array.from({ length: count }, () => noData);
  return [...texts(response, 5), ...texts(error, 3)];
}
