import { capacityCellOf, conditionOf } from '../core/grid.ts';
import { shareIn } from '../core/rate-share.ts';
import { cellId } from '../core/record.ts';
import type { Condition, Scenario } from '../core/scenario.ts';
import { figureByBlock, ratiosByBlock } from './by-block.ts';
import type { CellAnalysis, Grid } from './cells.ts';
import type { DigestedRun } from './digest.ts';
import { bucketsOf, valuesAtPercentiles } from './hdr-counts.ts';
import { intervalOf, type Interval } from './intervals.ts';

/** Where a curve of percentiles passes. */
export interface CurvePoint {
  /** -log10 of the share of answers that were slower: 1 is the 90th percentile, 2 the 99th. */
  readonly nines: number;
  readonly us: number;
}

/** Response times at a rate that is a share of what the same server serves in a closed loop. */
export interface RateCurve {
  readonly condition: Condition;
  readonly variant: string;
  readonly label: string;
  /** Of the capacity, as it was asked for; null for the capacity itself. */
  readonly share: number | null;
  readonly cell: CellAnalysis;
  /** Answers per second over those of the capacity, taken within each block. */
  readonly servedShare: Interval | null;
  /** Of the histograms of all blocks, added up. As far as enough answers were slower; empty where none was timed. */
  readonly points: readonly CurvePoint[];
  readonly p999Us: number | null;
}

/** A percentile is shown where at least so many answers were slower: beyond, a curve is made of single answers. */
export const fewestSlower = 10;

const stepsPerDecade = 20;
/** No run has so many answers that it would go further. */
const mostNines = 6;

/** Whether cells of a scenario are asked for shares of a capacity. */
export const hasShares = ({ conditions = [] }: Scenario): boolean =>
  conditions.some(({ rateOf }) => rateOf !== undefined);

/** Capacities and shares of a run, in the order of its variants and conditions. */
export function rateCurves(run: DigestedRun, grid: Grid): RateCurve[] {
  const { scenario } = run.manifest;
  const byId = new Map(grid.cells.map((cell) => [cellId(cell.cell), cell]));
  const labels = new Map(scenario.variants.map(({ id, label }) => [id, label]));
  return [...labels].flatMap(([variant, label]) =>
    (scenario.conditions ?? []).flatMap((condition) =>
      grid.cells
        .filter(
          ({ cell, repeats }) =>
            cell.variant === variant && conditionOf(scenario, cell) === condition && repeats.length > 0,
        )
        .map((cell): RateCurve => {
          const capacity = capacityCellOf(scenario, cell.cell);
          const base = capacity === null ? undefined : byId.get(cellId(capacity));
          const served = ratiosByBlock(figureByBlock(cell, rate), figureByBlock(base, rate));
          return {
            condition,
            variant,
            label,
            share: shareIn(condition.loadParams),
            cell,
            servedShare: intervalOf([...served.values()]),
            ...timesOf(run, cell),
          };
        }),
    ),
  );
}

const rate = ({ requestsPerSecond }: CellAnalysis['repeats'][number]): number | null => requestsPerSecond;

/** The curve of a cell; one whose counts contradict each other has none. */
function timesOf(run: DigestedRun, { cell, responseTime }: CellAnalysis) {
  const totals = run.totals.get(cellId(cell));
  if (totals === undefined || responseTime === null) return { points: [], p999Us: null };
  const counts = bucketsOf(totals.response);
  const furthest = Math.min(mostNines, Math.log10(Math.max(1, responseTime.count / fewestSlower)));
  const nines = Array.from(
    { length: Math.floor(furthest * stepsPerDecade) + 1 },
    (_, step) => step / stepsPerDecade,
  );
  const percentiles = nines.map((one) => 100 * (1 - 10 ** -one));
  const values = valuesAtPercentiles(counts, percentiles);
  const [p999Us] = valuesAtPercentiles(counts, [99.9]);
  return {
    points: nines.map((one, at) => ({ nines: one, us: values[at]! })),
    p999Us: furthest >= 3 ? p999Us! : null,
  };
}
