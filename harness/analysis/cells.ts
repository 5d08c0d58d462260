import type { Run, RunFrame } from '../core/journal.ts';
import { cellId, type Cell } from '../core/record.ts';
import { compareText, lastAttempts } from './attempts.ts';
import { ceilingAt, ceilingsOfRun, type Ceiling } from './ceiling.ts';
import { cellFigures, type CellFigures } from './cell-figures.ts';
import { digestOf, type DigestedRun } from './digest.ts';
import { bucketsOf } from './hdr-counts.ts';
import { percentilesOf, type Percentiles } from './histogram.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { fitted } from './thresholds.ts';
import type { Verdict } from './verdict.ts';
import { judgeSeries } from './verdicts.ts';
import { groupBy, median, present } from './statistics.ts';

/** What one line of a chart or one row of a table stands for: a variant at one value of each factor. */
export interface Series {
  readonly id: string;
  readonly label: string;
  readonly variant: string;
}

/** One point of the grid and all that its repeats say together. */
export interface CellAnalysis extends CellFigures {
  readonly cell: Cell;
  readonly series: Series;
  readonly concurrency: number;
  /** Repeats that the plan asked for; 0 where the manifest does not know the cell. */
  readonly planned: number;
  readonly responseTime: Percentiles | null;
  readonly connectTime: Percentiles | null;
  /** From the planned to the actual start of requests that did not wait for a connection. */
  readonly scheduleError: Percentiles | null;
  /** What limited it. */
  readonly verdict: Verdict;
}

/** One page's worth of a run: the timed cells of one load. */
export interface Grid {
  readonly load: string;
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  /** Block numbers with at least one record, ascending. */
  readonly blocks: readonly number[];
  readonly cells: readonly CellAnalysis[];
  /** By rising concurrency; empty where they were not measured. */
  readonly ceilings: readonly Ceiling[];
  readonly at: (seriesId: string, concurrency: number) => CellAnalysis | undefined;
}

const ascending = (a: number, b: number): number => a - b;

/** The name of a variant and its factors; factors come from the scenario and are few. */
export function seriesOf(run: RunFrame, cell: Cell): Series {
  const choice = run.manifest.scenario.variants.find((variant) => variant.id === cell.variant);
  const factors = Object.entries(cell.factors)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}=${String(value)}`);
  return {
    id: [cell.variant, ...factors].join('/'),
    label: [choice?.label ?? cell.variant, ...factors].join(', '),
    variant: cell.variant,
  };
}

/** Series in the order in which the scenario names its variants; unknown ones last, by name. */
export function seriesInOrder(run: RunFrame, cells: readonly Cell[]): Series[] {
  const byId = new Map(
    cells.map((cell) => {
      const series = seriesOf(run, cell);
      return [series.id, series];
    }),
  );
  const rank = (series: Series): number => {
    const index = run.manifest.scenario.variants.findIndex((variant) => variant.id === series.variant);
    return index < 0 ? Infinity : index;
  };
  return [...byId.values()].sort((a, b) => {
    const byRank = rank(a) === rank(b) ? 0 : rank(a) - rank(b);
    return byRank || compareText(a.id, b.id);
  });
}

export function buildGrid(of: Run | DigestedRun, load: string): Grid {
  const run = digestOf(of);
  const planned = run.manifest.repeats.filter(
    (repeat) => repeat.pass === 'timed' && repeat.cell.load === load,
  );
  const repeats = repeatsThatCount(run, load);
  const cellsById = new Map(
    [...planned, ...repeats.map(({ record }) => record)].map(({ cell }) => [cellId(cell), cell]),
  );
  const allCells = [...cellsById.values()];
  const series = seriesInOrder(run, allCells);
  const concurrencies = [...new Set(allCells.map((cell) => cell.concurrency))].sort(ascending);

  const plannedById = countBy(planned.map((repeat) => cellId(repeat.cell)));
  const repeatsById = groupBy(repeats, ({ record }) => cellId(record.cell));
  const sharedCores = run.manifest.environment.sharedCores.length > 0;
  const ceilings = ceilingsOfRun(run, load);
  const ceilingFor = (concurrency: number): Ceiling | null => ceilingAt(ceilings, concurrency);
  const analysed = [...cellsById].map(([id, cell]) =>
    analyseCell(run, cell, plannedById.get(id) ?? 0, repeatsById.get(id) ?? [], {
      sharedCores,
      ceiling: ceilingFor(cell.concurrency),
    }),
  );
  const byPlace = new Map<string, CellAnalysis>();
  for (const one of series) {
    const members = analysed.filter((cell) => cell.series.id === one.id);
    for (const [at, verdict] of judgeSeries(members, ceilingFor, run, fitted).entries()) {
      const cell = members[at]!;
      byPlace.set(placeOf(one.id, cell.concurrency), {
        ...cell,
        verdict,
        ...(verdict.primary === 'invalid' ? withoutFigures : {}),
      });
    }
  }
  const at: Grid['at'] = (seriesId, concurrency) => byPlace.get(placeOf(seriesId, concurrency));
  return {
    load,
    series,
    concurrencies,
    ceilings,
    blocks: [...new Set(repeats.map(({ record }) => record.block))].sort(ascending),
    cells: series.flatMap((one) => present(concurrencies.map((concurrency) => at(one.id, concurrency)))),
    at,
  };
}

/** Figures that contradict each other stand for nothing; what each repeat said stays with the repeats. */
const withoutFigures = {
  requestsPerSecond: null,
  interval: null,
  responseTime: null,
  connectTime: null,
  scheduleError: null,
} as const;

const placeOf = (seriesId: string, concurrency: number): string => `${concurrency} ${seriesId}`;

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** The timed repeats of a load, each by its last attempt. */
function repeatsThatCount({ timed }: DigestedRun, load: string): RepeatAnalysis[] {
  const ofLoad = timed.filter(({ record }) => record.cell.load === load);
  const byHead = new Map(ofLoad.map((repeat) => [repeat.record, repeat]));
  return lastAttempts([...byHead.keys()]).map((record) => byHead.get(record)!);
}

function analyseCell(
  run: DigestedRun,
  cell: Cell,
  planned: number,
  repeats: readonly RepeatAnalysis[],
  { sharedCores, ceiling }: { sharedCores: boolean; ceiling: Ceiling | null },
): Omit<CellAnalysis, 'verdict'> {
  const totals = run.totals.get(cellId(cell));
  return {
    ...cellFigures(repeats, sharedCores, ceiling),
    cell,
    series: seriesOf(run, cell),
    concurrency: cell.concurrency,
    planned,
    responseTime: totals
      ? percentilesOf(bucketsOf(totals.response), present(repeats.map(({ responseTime }) => responseTime)))
      : null,
    connectTime: totals
      ? percentilesOf(bucketsOf(totals.connect), present(repeats.map(({ connectTime }) => connectTime)))
      : null,
    scheduleError: totals
      ? percentilesOf(
          bucketsOf(totals.scheduleError),
          present(repeats.map(({ scheduleError }) => scheduleError)),
        )
      : null,
  };
}

/** Whether its figures contradict each other, so that none of them may stand for it. */
export const isInvalid = ({ verdict }: Pick<CellAnalysis, 'verdict'>): boolean =>
  verdict.primary === 'invalid';

/** The median over a cell's good repeats of any figure of theirs. */
export function medianOf(
  cell: CellAnalysis,
  value: (repeat: RepeatAnalysis) => number | null,
): number | null {
  return median(present(cell.repeats.filter((repeat) => repeat.ok).map(value)));
}
