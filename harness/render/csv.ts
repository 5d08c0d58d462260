import { requestsInFlight } from '../analysis/agreement.ts';
import { medianOf, type CellAnalysis } from '../analysis/cells.ts';
import type { CpuUse } from '../analysis/cpu.ts';
import type { Evidence } from '../analysis/evidence.ts';
import type { Percentiles } from '../analysis/histogram.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import type { Spread } from '../analysis/statistics.ts';
import { pagesPerMinute } from '../core/units.ts';
import { linkGroup, waitGroup } from './csv-groups.ts';
import { cellColumns, intervalColumns, rounded, toCsv, type Column } from './csv-rows.ts';
import { openLoopCsv } from './open-loop-csv.ts';
import { ratiosCsv } from './ratios-csv.ts';
import { syscallsCsv, syscallTimesCsv } from './syscalls-csv.ts';

/** The tables of one run, over all its loads: tidy, one observation a row, units in the names of columns. */
export function csvFiles(pages: readonly PageAnalysis[]): ReadonlyMap<string, string> {
  return new Map([
    ['repeats.csv', toCsv(columnsOfRepeats, repeatsOf(pages))],
    [
      'cells.csv',
      toCsv(
        columnsOfCells,
        pages.flatMap(({ grid }) => grid.cells),
      ),
    ],
    ['ratios.csv', ratiosCsv(pages)],
    ['syscalls.csv', syscallsCsv(pages)],
    ['syscall-times.csv', syscallTimesCsv(pages)],
    ...openLoopCsv(pages),
  ]);
}

function* repeatsOf(pages: readonly PageAnalysis[]): Generator<RepeatAnalysis> {
  for (const { grid } of pages) for (const { repeats } of grid.cells) yield* repeats;
}

const timeColumns = <Item>(prefix: string, timesOf: (item: Item) => Percentiles | null): Column<Item>[] => [
  [`${prefix}Count`, (item) => timesOf(item)?.count ?? null],
  rounded(`${prefix}MeanUs`, (item) => timesOf(item)?.meanUs),
  [`${prefix}P50Us`, (item) => timesOf(item)?.p50Us ?? null],
  [`${prefix}P90Us`, (item) => timesOf(item)?.p90Us ?? null],
  [`${prefix}P99Us`, (item) => timesOf(item)?.p99Us ?? null],
  rounded(`${prefix}MaxUs`, (item) => timesOf(item)?.maxUs),
];

const pagesOf = (requestsPerSecond: number | null | undefined): number | null =>
  requestsPerSecond == null ? null : pagesPerMinute(requestsPerSecond);

const columnsOfRepeats: readonly Column<RepeatAnalysis>[] = [
  ['repeatId', ({ record }) => record.repeatId],
  ['block', ({ record }) => record.block],
  ['position', ({ record }) => record.position],
  ...cellColumns(({ record }: RepeatAnalysis) => record.cell),
  ['status', ({ record }) => record.status],
  ['failureStage', ({ record }) => record.failure?.stage ?? null],
  ['failureMessage', ({ record }) => record.failure?.message ?? null],
  ['startedAt', ({ record }) => record.startedAt],
  rounded('elapsedMs', ({ record }) => record.elapsedMs),
  ['warmupMs', ({ record }) => record.warmupMs],
  ['windowMs', ({ record }) => record.windowMs],
  rounded('measuredMs', (repeat) => repeat.measuredMs),
  ['succeeded', (repeat) => repeat.succeeded],
  ['failedRequests', (repeat) => repeat.failedRequests],
  ['stalled', (repeat) => repeat.stalled],
  rounded('requestsPerSecond', (repeat) => repeat.requestsPerSecond),
  rounded('pagesPerMinute', (repeat) => pagesOf(repeat.requestsPerSecond)),
  rounded('halvesRatio', (repeat) => repeat.halvesRatio),
  ...timeColumns('response', (repeat: RepeatAnalysis) => repeat.responseTime),
  ...timeColumns('connect', (repeat: RepeatAnalysis) => repeat.connectTime),
  rounded('inFlightByLittlesLaw', requestsInFlight),
  ['listenOverflows', (repeat) => repeat.overflows],
  ['listenDrops', (repeat) => repeat.drops],
  rounded('overflowsPerSecond', (repeat) => repeat.overflowsPerSecond),
  ['retransmittedSegments', (repeat) => repeat.retransmits],
  ['passiveOpens', (repeat) => repeat.passiveOpens],
  ['serverAccepted', (repeat) => repeat.serverAccepted],
  ['serverAnswered', (repeat) => repeat.serverAnswered],
  rounded('serverCpuUsPerRequest', (repeat) => repeat.serverCpuUsPerRequest),
  rounded('generatorCpuUsPerRequest', (repeat) => repeat.generatorCpuUsPerRequest),
  rounded('serverPercent', ({ cpu }) => cpu.serverPercent),
  rounded('parentPercent', ({ cpu }) => cpu.parentPercent),
  rounded('workersPercent', ({ cpu }) => cpu.workersPercent),
  rounded('tomSoftirqPercent', ({ cpu }) => cpu.tomSoftirqPercent),
  rounded('tomBusyShare', ({ cpu }) => cpu.tomBusyShare),
  rounded('generatorPercent', ({ cpu }) => cpu.generatorPercent),
  rounded('jerrySoftirqPercent', ({ cpu }) => cpu.jerrySoftirqPercent),
  rounded('jerryBusyShare', ({ cpu }) => cpu.jerryBusyShare),
  rounded('generatorShare', ({ cpu }) => cpu.generatorShare),
  rounded('strangersShare', ({ cpu }) => cpu.strangersShare),
  ...waitGroup.map(([name, pick]) => rounded(name, ({ waits }: RepeatAnalysis) => pick(waits))),
  ...linkGroup.map(([name, pick]) => rounded(name, ({ link }: RepeatAnalysis) => pick(link))),
  ['tomTimeWait', ({ sockets }) => sockets.tomTimeWait],
  ['jerryTimeWait', ({ sockets }) => sockets.jerryTimeWait],
  ['raw', ({ record }) => record.raw ?? null],
];

const spreadColumns = (
  name: string,
  spreadOf: (cell: CellAnalysis) => Spread | null,
): Column<CellAnalysis>[] => [
  rounded(`${name}Median`, (cell) => spreadOf(cell)?.median),
  rounded(`${name}Min`, (cell) => spreadOf(cell)?.min),
  rounded(`${name}Max`, (cell) => spreadOf(cell)?.max),
];

/** The median of a figure of each repeat. */
const middle = (name: string, figure: (repeat: RepeatAnalysis) => number | null): Column<CellAnalysis> =>
  rounded(`${name}Median`, (cell) => medianOf(cell, figure));

const cpuMiddle = (name: keyof CpuUse): Column<CellAnalysis> => middle(name, ({ cpu }) => cpu[name]);

const evidenceOf = ({ verdict }: CellAnalysis): Evidence | null => verdict.facts.evidence;

const columnsOfCells: readonly Column<CellAnalysis>[] = [
  ...cellColumns(({ cell }: CellAnalysis) => cell),
  ['planned', (cell) => cell.planned],
  ['succeededRepeats', (cell) => cell.ok],
  ['failedRepeats', (cell) => cell.failed],
  ...spreadColumns('requestsPerSecond', (cell) => cell.requestsPerSecond),
  ...intervalColumns('requestsPerSecond', (cell: CellAnalysis) => cell.interval),
  rounded('pagesPerMinuteMedian', (cell) => pagesOf(cell.requestsPerSecond?.median)),
  ['failedRequests', (cell) => cell.failedRequests],
  rounded('stalledMedian', (cell) => cell.stalled?.median),
  ...timeColumns('response', (cell: CellAnalysis) => cell.responseTime),
  ...timeColumns('connect', (cell: CellAnalysis) => cell.connectTime),
  ...spreadColumns('overflowsPerSecond', (cell) => cell.overflowsPerSecond),
  rounded('dropsPerSecondMedian', (cell) => cell.dropsPerSecond?.median),
  rounded('retransmitsPerThousandMedian', (cell) => cell.retransmitsPerThousand?.median),
  middle('serverCpuUsPerRequest', (repeat) => repeat.serverCpuUsPerRequest),
  middle('generatorCpuUsPerRequest', (repeat) => repeat.generatorCpuUsPerRequest),
  cpuMiddle('serverPercent'),
  cpuMiddle('parentPercent'),
  cpuMiddle('workersPercent'),
  cpuMiddle('tomSoftirqPercent'),
  cpuMiddle('tomBusyShare'),
  cpuMiddle('generatorPercent'),
  cpuMiddle('jerrySoftirqPercent'),
  cpuMiddle('jerryBusyShare'),
  ...spreadColumns('generatorShare', (cell) => cell.generatorShare),
  rounded('ceilingShare', (cell) => cell.ceilingShare),
  ['generatorBound', (cell) => cell.generatorBound],
  ...spreadColumns('strangersShare', (cell) => cell.strangersShare),
  ...waitGroup.map(([name, pick]) => middle(name, ({ waits }) => pick(waits))),
  ...linkGroup.map(([name, pick]) => middle(name, ({ link }) => pick(link))),
  ['disturbed', (cell) => cell.disturbed],
  ['verdict', (cell) => (cell.repeats.length > 0 ? cell.verdict.primary : null)],
  ['alsoFound', (cell) => cell.verdict.secondary.join(' ')],
  rounded('backoffShare', (cell) => evidenceOf(cell)?.backoffShare),
  rounded('blockedShare', (cell) => evidenceOf(cell)?.blockedShare),
  rounded('queueMeanLength', (cell) => evidenceOf(cell)?.queueMeanLength),
  ['queueLimit', (cell) => evidenceOf(cell)?.queueLimit ?? null],
];
