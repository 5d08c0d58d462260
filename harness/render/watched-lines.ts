import { requestsInFlight } from '../analysis/agreement.ts';
import type { CellAnalysis } from '../analysis/cells.ts';
import { isOpenLoop, type OpenLoopFigures } from '../analysis/open-loop.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import { formatCount, formatShare, formatTime, noData } from './format.ts';

export function orNone(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? noData : format(value);
}

type Watched = readonly [
  what: string,
  figure: (repeat: RepeatAnalysis) => number | null,
  format: (value: number) => string,
];

const watched: readonly Watched[] = [
  ['server: ready to run, but without a core', ({ waits }) => waits.serverWaitShare, formatShare],
  ['server: gave up its core, per request', ({ waits }) => waits.serverVoluntaryPerRequest, formatCount],
  ['server: lost its core, per request', ({ waits }) => waits.serverInvoluntaryPerRequest, formatCount],
  ['server: held back by a quota', ({ waits }) => waits.serverThrottledShare, formatShare],
  ['generator: ready to run, but without a core', ({ waits }) => waits.generatorWaitShare, formatShare],
  ['generator: held back by a quota', ({ waits }) => waits.generatorThrottledShare, formatShare],
  ['taken by the hypervisor', ({ cpu }) => cpu.stolenShare, formatShare],
  ['somebody waited for a CPU, on the whole machine', ({ waits }) => waits.cpuPressureShare, formatShare],
  ['server slept while somebody waited', ({ queue }) => queue.sleepingShare, formatShare],
  ['  and answered nobody meanwhile', ({ queue }) => queue.blockedShare, formatShare],
  ["Jerry's sockets in SYN_SENT", ({ sockets }) => sockets.jerrySynSent, formatCount],
  ["Tom's sockets in SYN_RECV", ({ sockets }) => sockets.tomSynReceived, formatCount],
  ["Tom's sockets in TIME_WAIT", ({ sockets }) => sockets.tomMeanTimeWait, formatCount],
  ["requests in flight by Little's law", requestsInFlight, formatCount],
  ['sent by Tom, Mbit/s', sentMbit, formatCount],
];

function sentMbit({ link: { tomBitsPerSecond } }: RepeatAnalysis): number | null {
  return tomBitsPerSecond === null ? null : tomBitsPerSecond / 1e6;
}

const shareOfPlan =
  (count: (openLoop: OpenLoopFigures) => number) =>
  ({ openLoop }: RepeatAnalysis): number | null =>
    openLoop === null || openLoop.planned === 0 ? null : count(openLoop) / openLoop.planned;

/** Of requests that were to start within the window, at a fixed rate. */
const ofOpenLoop: readonly Watched[] = [
  ['asked, per second', ({ openLoop }) => openLoop?.rate ?? null, formatCount],
  ['found a free connection on time', shareOfPlan(({ started, waited }) => started - waited), formatShare],
  ['waited for a connection', shareOfPlan(({ waited }) => waited), formatShare],
  ['not started by the end of the window', shareOfPlan(({ unstarted }) => unstarted), formatShare],
  [
    '  how long the oldest of these had waited',
    ({ openLoop }) => (openLoop && openLoop.unstarted > 0 ? openLoop.oldestUnstartedMs * 1000 : null),
    formatTime,
  ],
  ["the load's own lateness, median", ({ scheduleError }) => scheduleError?.p50Us ?? null, formatTime],
  ['  99th percentile', ({ scheduleError }) => scheduleError?.p99Us ?? null, formatTime],
  ['  most', ({ scheduleError }) => scheduleError?.maxUs ?? null, formatTime],
  [
    'response time from the planned start, median',
    ({ responseTime }) => responseTime?.p50Us ?? null,
    formatTime,
  ],
  ['  99th percentile', ({ responseTime }) => responseTime?.p99Us ?? null, formatTime],
  ['  most', ({ responseTime }) => responseTime?.maxUs ?? null, formatTime],
];

/** What the probes saw, one column a repeat. */
export const watchedLines = (cell: CellAnalysis): string[] => linesOf('What the probes saw', watched, cell);

/** What became of the plan of load at a fixed rate, one column a repeat; none of a closed loop. */
export const openLoopLines = (cell: CellAnalysis): string[] =>
  isOpenLoop(cell) ? linesOf('Requests at a fixed rate', ofOpenLoop, cell) : [];

function linesOf(title: string, figures: readonly Watched[], { repeats }: CellAnalysis): string[] {
  const good = repeats.filter(({ ok }) => ok);
  const rows = figures
    .map(([what, figure, format]) => [what, ...good.map((repeat) => orNone(figure(repeat), format))])
    .filter(([, ...values]) => values.some((value) => value !== noData));
  if (rows.length === 0) return [];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return [
    `${title}, in block ${good.map(({ record }) => record.block).join(', ')}:`,
    ...rows.map(([what, ...values]) =>
      ['', what!.padEnd(widths[0]!), ...values.map((value, at) => value.padStart(widths[at + 1]!))].join(
        '  ',
      ),
    ),
    '',
  ];
}
