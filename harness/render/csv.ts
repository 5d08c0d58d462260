import { medianOf, type CellAnalysis } from '../analysis/cells.ts';
import { requestsInFlight } from '../analysis/agreement.ts';
import type { Percentiles } from '../analysis/histogram.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import type { Spread } from '../analysis/statistics.ts';
import { pagesPerMinute } from '../core/units.ts';
import { asMedians, groupColumnNames, groupMedianNames, linkColumns, waitColumns } from './csv-groups.ts';
import { cellColumnsOf, intervalColumnNames, intervalColumns, number, toCsv, type Row } from './csv-rows.ts';
import { ratiosCsv } from './ratios-csv.ts';
import { syscallsCsv, syscallTimesCsv } from './syscalls-csv.ts';

/** The tables of one run, over all its loads: tidy, one observation a row, units in the names of columns. */
export function csvFiles(pages: readonly PageAnalysis[]): ReadonlyMap<string, string> {
  return new Map([
    ['repeats.csv', toCsv(repeatColumns, pages.flatMap(repeatRows))],
    ['cells.csv', toCsv(cellColumns, pages.flatMap(cellRows))],
    ['ratios.csv', ratiosCsv(pages)],
    ['syscalls.csv', syscallsCsv(pages)],
    ['syscall-times.csv', syscallTimesCsv(pages)],
  ]);
}

function timeColumns(prefix: string, times: Percentiles | null): Row {
  return {
    [`${prefix}Count`]: times?.count ?? null,
    [`${prefix}MeanUs`]: number(times?.meanUs),
    [`${prefix}P50Us`]: times?.p50Us ?? null,
    [`${prefix}P90Us`]: times?.p90Us ?? null,
    [`${prefix}P99Us`]: times?.p99Us ?? null,
    [`${prefix}MaxUs`]: number(times?.maxUs),
  };
}

const timeColumnNames = (prefix: string): string[] => Object.keys(timeColumns(prefix, null));

const repeatColumns = [
  'repeatId',
  'block',
  'position',
  'variant',
  'load',
  'concurrency',
  'factors',
  'status',
  'failureStage',
  'failureMessage',
  'startedAt',
  'elapsedMs',
  'warmupMs',
  'windowMs',
  'measuredMs',
  'succeeded',
  'failedRequests',
  'stalled',
  'requestsPerSecond',
  'pagesPerMinute',
  'halvesRatio',
  ...timeColumnNames('response'),
  ...timeColumnNames('connect'),
  'inFlightByLittlesLaw',
  'listenOverflows',
  'listenDrops',
  'overflowsPerSecond',
  'retransmittedSegments',
  'passiveOpens',
  'serverAccepted',
  'serverAnswered',
  'serverCpuUsPerRequest',
  'generatorCpuUsPerRequest',
  'serverPercent',
  'parentPercent',
  'workersPercent',
  'tomSoftirqPercent',
  'tomBusyShare',
  'generatorPercent',
  'jerrySoftirqPercent',
  'jerryBusyShare',
  'generatorShare',
  'strangersShare',
  ...groupColumnNames,
  'tomTimeWait',
  'jerryTimeWait',
  'raw',
];

function repeatRows({ grid }: PageAnalysis): Row[] {
  return grid.cells.flatMap((cell) => cell.repeats.map(repeatRow));
}

function repeatRow(repeat: RepeatAnalysis): Row {
  const { record, cpu, sockets, waits, link } = repeat;
  return {
    ...cellColumnsOf(record.cell),
    repeatId: record.repeatId,
    block: record.block,
    position: record.position,
    status: record.status,
    failureStage: record.failure?.stage ?? null,
    failureMessage: record.failure?.message ?? null,
    startedAt: record.startedAt,
    elapsedMs: number(record.elapsedMs),
    warmupMs: record.warmupMs,
    windowMs: record.windowMs,
    measuredMs: number(repeat.measuredMs),
    succeeded: repeat.succeeded,
    failedRequests: repeat.failedRequests,
    stalled: repeat.stalled,
    requestsPerSecond: number(repeat.requestsPerSecond),
    pagesPerMinute:
      repeat.requestsPerSecond === null ? null : number(pagesPerMinute(repeat.requestsPerSecond)),
    halvesRatio: number(repeat.halvesRatio),
    ...timeColumns('response', repeat.responseTime),
    ...timeColumns('connect', repeat.connectTime),
    inFlightByLittlesLaw: number(requestsInFlight(repeat)),
    listenOverflows: repeat.overflows,
    listenDrops: repeat.drops,
    overflowsPerSecond: number(repeat.overflowsPerSecond),
    retransmittedSegments: repeat.retransmits,
    passiveOpens: repeat.passiveOpens,
    serverAccepted: repeat.serverAccepted,
    serverAnswered: repeat.serverAnswered,
    serverCpuUsPerRequest: number(repeat.serverCpuUsPerRequest),
    generatorCpuUsPerRequest: number(repeat.generatorCpuUsPerRequest),
    serverPercent: number(cpu.serverPercent),
    parentPercent: number(cpu.parentPercent),
    workersPercent: number(cpu.workersPercent),
    tomSoftirqPercent: number(cpu.tomSoftirqPercent),
    tomBusyShare: number(cpu.tomBusyShare),
    generatorPercent: number(cpu.generatorPercent),
    jerrySoftirqPercent: number(cpu.jerrySoftirqPercent),
    jerryBusyShare: number(cpu.jerryBusyShare),
    generatorShare: number(cpu.generatorShare),
    strangersShare: number(cpu.strangersShare),
    ...waitColumns((pick) => pick(waits)),
    ...linkColumns((pick) => pick(link)),
    tomTimeWait: sockets.tomTimeWait,
    jerryTimeWait: sockets.jerryTimeWait,
    raw: record.raw ?? null,
  };
}

const spreadColumns = (name: string, spread: Spread | null): Row => ({
  [`${name}Median`]: number(spread?.median),
  [`${name}Min`]: number(spread?.min),
  [`${name}Max`]: number(spread?.max),
});
const spreadColumnNames = (name: string): string[] => Object.keys(spreadColumns(name, null));

const cellColumns = [
  'variant',
  'load',
  'concurrency',
  'factors',
  'planned',
  'succeededRepeats',
  'failedRepeats',
  ...spreadColumnNames('requestsPerSecond'),
  ...intervalColumnNames('requestsPerSecond'),
  'pagesPerMinuteMedian',
  'failedRequests',
  'stalledMedian',
  ...timeColumnNames('response'),
  ...timeColumnNames('connect'),
  ...spreadColumnNames('overflowsPerSecond'),
  'dropsPerSecondMedian',
  'retransmitsPerThousandMedian',
  'serverCpuUsPerRequestMedian',
  'generatorCpuUsPerRequestMedian',
  'serverPercentMedian',
  'parentPercentMedian',
  'workersPercentMedian',
  'tomSoftirqPercentMedian',
  'tomBusyShareMedian',
  'generatorPercentMedian',
  'jerrySoftirqPercentMedian',
  'jerryBusyShareMedian',
  ...spreadColumnNames('generatorShare'),
  'ceilingShare',
  'generatorBound',
  ...spreadColumnNames('strangersShare'),
  ...groupMedianNames,
  'disturbed',
  'verdict',
  'alsoFound',
  'backoffShare',
  'blockedShare',
  'queueMeanLength',
  'queueLimit',
];

function cellRows({ grid }: PageAnalysis): Row[] {
  return grid.cells.map(cellRow);
}

function cellRow(cell: CellAnalysis): Row {
  const { evidence } = cell.verdict.facts;
  const rate = cell.requestsPerSecond;
  const cpu = (pick: (use: RepeatAnalysis['cpu']) => number | null): number | null =>
    number(medianOf(cell, (repeat) => pick(repeat.cpu)));
  return {
    ...cellColumnsOf(cell.cell),
    planned: cell.planned,
    succeededRepeats: cell.ok,
    failedRepeats: cell.failed,
    ...spreadColumns('requestsPerSecond', rate),
    ...intervalColumns('requestsPerSecond', cell.interval),
    pagesPerMinuteMedian: rate ? number(pagesPerMinute(rate.median)) : null,
    failedRequests: cell.failedRequests,
    stalledMedian: number(cell.stalled?.median),
    ...timeColumns('response', cell.responseTime),
    ...timeColumns('connect', cell.connectTime),
    ...spreadColumns('overflowsPerSecond', cell.overflowsPerSecond),
    dropsPerSecondMedian: number(cell.dropsPerSecond?.median),
    retransmitsPerThousandMedian: number(cell.retransmitsPerThousand?.median),
    serverCpuUsPerRequestMedian: number(medianOf(cell, (repeat) => repeat.serverCpuUsPerRequest)),
    generatorCpuUsPerRequestMedian: number(medianOf(cell, (repeat) => repeat.generatorCpuUsPerRequest)),
    serverPercentMedian: cpu((use) => use.serverPercent),
    parentPercentMedian: cpu((use) => use.parentPercent),
    workersPercentMedian: cpu((use) => use.workersPercent),
    tomSoftirqPercentMedian: cpu((use) => use.tomSoftirqPercent),
    tomBusyShareMedian: cpu((use) => use.tomBusyShare),
    generatorPercentMedian: cpu((use) => use.generatorPercent),
    jerrySoftirqPercentMedian: cpu((use) => use.jerrySoftirqPercent),
    jerryBusyShareMedian: cpu((use) => use.jerryBusyShare),
    ...spreadColumns('generatorShare', cell.generatorShare),
    ceilingShare: number(cell.ceilingShare),
    generatorBound: cell.generatorBound,
    ...spreadColumns('strangersShare', cell.strangersShare),
    ...asMedians(waitColumns((pick) => medianOf(cell, ({ waits }) => pick(waits)))),
    ...asMedians(linkColumns((pick) => medianOf(cell, ({ link }) => pick(link)))),
    disturbed: cell.disturbed,
    verdict: cell.repeats.length > 0 ? cell.verdict.primary : null,
    alsoFound: cell.verdict.secondary.join(' '),
    backoffShare: number(evidence?.backoffShare),
    blockedShare: number(evidence?.blockedShare),
    queueMeanLength: number(evidence?.queueMeanLength),
    queueLimit: evidence?.queueLimit ?? null,
  };
}
