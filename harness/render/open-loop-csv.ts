import type { CellAnalysis } from '../analysis/cells.ts';
import type { Percentiles } from '../analysis/histogram.ts';
import type { OpenLoopFigures } from '../analysis/open-loop.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import { cellColumns, rounded, toCsv, type Column } from './csv-rows.ts';

interface AtRate {
  readonly openLoop: OpenLoopFigures | null;
  readonly scheduleError: Percentiles | null;
  readonly responseTime: Percentiles | null;
}

/** What became of the plan: of requests that were to start within the window. */
const planColumns = <Item extends AtRate>(): Column<Item>[] => [
  rounded('askedRequestsPerSecond', ({ openLoop }) => openLoop?.rate),
  ['planned', ({ openLoop }) => openLoop?.planned ?? null],
  ['startedOnTime', ({ openLoop }) => (openLoop ? openLoop.started - openLoop.waited : null)],
  ['startedAfterWaiting', ({ openLoop }) => openLoop?.waited ?? null],
  ['notStarted', ({ openLoop }) => openLoop?.unstarted ?? null],
  rounded('oldestNotStartedMs', ({ openLoop }) => openLoop?.oldestUnstartedMs),
  rounded('scheduleErrorMeanUs', ({ scheduleError }) => scheduleError?.meanUs),
  ['scheduleErrorP50Us', ({ scheduleError }) => scheduleError?.p50Us ?? null],
  ['scheduleErrorP99Us', ({ scheduleError }) => scheduleError?.p99Us ?? null],
  rounded('scheduleErrorMaxUs', ({ scheduleError }) => scheduleError?.maxUs),
  ['responseP999Us', ({ responseTime }) => responseTime?.p999Us ?? null],
];

const columnsOfRepeats: readonly Column<RepeatAnalysis>[] = [
  ['repeatId', ({ record }) => record.repeatId],
  ['block', ({ record }) => record.block],
  ...cellColumns(({ record }: RepeatAnalysis) => record.cell),
  ...planColumns<RepeatAnalysis>(),
];

const columnsOfCells: readonly Column<CellAnalysis>[] = [
  ...cellColumns(({ cell }: CellAnalysis) => cell),
  ...planColumns<CellAnalysis>(),
  ['rateKept', ({ rateKept }) => rateKept],
];

const isAtRate = ({ openLoop }: AtRate): boolean => openLoop !== null;

/** The tables of load at a fixed rate, with what joins them to the others; none where all loops were closed. */
export function openLoopCsv(pages: readonly PageAnalysis[]): [name: string, text: string][] {
  const cells = pages.flatMap(({ grid }) => grid.cells.filter(isAtRate));
  if (cells.length === 0) return [];
  const repeats = cells.flatMap((cell) => cell.repeats.filter(isAtRate));
  return [
    [openLoopTables.repeats, toCsv(columnsOfRepeats, repeats)],
    [openLoopTables.cells, toCsv(columnsOfCells, cells)],
  ];
}

export const openLoopTables = { repeats: 'open-loop-repeats.csv', cells: 'open-loop-cells.csv' } as const;
