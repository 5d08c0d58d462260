import jStat from 'jstat';
import type { Run } from '../core/journal.ts';
import { cellId, type Cell } from '../core/record.ts';
import { figureByBlock } from './by-block.ts';
import { buildGrid, type CellAnalysis } from './cells.ts';
import { ceilingsOfRun } from './ceiling.ts';
import { fewestForInterval, varianceOf, type Interval } from './intervals.ts';
import { benjaminiHochberg, whereKnown } from './multiple.ts';
import { recordedLoads } from './digest.ts';
import { compareTimes, type TimesChange } from './compare-times.ts';
import { errorOf, intervalOf, mean, welch, type Estimate } from './welch.ts';

/**
 * `faster`, `slower`: by more than chance, all cells of the comparison considered. `same`: the interval lies within the
 * margin. `as-asked`: both runs served the fixed rate that they were asked for, which says nothing of how fast they can
 * be. `undecided`: none of these; more blocks would tell.
 */
export type Change = 'faster' | 'slower' | 'same' | 'undecided' | 'as-asked';

/** A cell that both runs have. */
export interface CellChange {
  readonly cell: Cell;
  readonly label: string;
  /** Throughput of the second run over that of the first; what the machine alone did is taken out of it. */
  readonly ratio: Interval;
  readonly change: Change;
  /** Slower than the gate allows, by more than chance, all cells considered; false without a gate. */
  readonly regressed: boolean;
  /** Its program is the same in both runs, while others' are not: what it shows is the machine. */
  readonly isControl: boolean;
  /** Something else took part of the cores in one of the runs: its figure is no basis for anything. */
  readonly disturbed: boolean;
}

/** What the machine alone did between two runs, seen in what did not change. */
export interface Shift {
  readonly ratio: Interval;
  /** What it was seen in. */
  readonly by: 'unchanged programs' | 'ceilings of the load';
}

export interface RunComparison {
  readonly first: Run;
  readonly second: Run;
  readonly cells: readonly CellChange[];
  /** Response times of the cells at a fixed rate. */
  readonly times: readonly TimesChange[];
  /** Cells that can be measured in the first run and, although planned, not in the second: a server that crashes is the worst loss. */
  readonly lost: readonly string[];
  /** Other cells that one of the runs has no figure for. */
  readonly missing: readonly string[];
  /** How many cells the gate rests on: neither disturbed, nor controls, nor served as asked in both runs. */
  readonly deciding: number;
  /** Null where nothing tells, or where it was the same machine as far as can be seen. */
  readonly shift: Shift | null;
}

export interface CompareOptions {
  /** Ratios that lie within this of 1, interval and all, are the same: 0.05 for 5 %. */
  readonly margin: number;
  /** Of throughput, that may be lost before the gate closes; null: there is none. */
  readonly failIfSlower: number | null;
}

/** Share of wrong ones among the changes that are named. */
const falseDiscoveries = 0.05;

interface Pair {
  readonly cell: Cell;
  readonly label: string;
  readonly disturbed: boolean;
  /** At a fixed rate that was kept in both runs. */
  readonly asAsked: boolean;
  readonly estimate: Estimate;
}

/**
 * Two runs of the same cells that did not run side by side. Ratios are Welch's over the logarithms of the blocks. A
 * machine that was slower as a whole on the second day is told from slower servers by what did not change: programs with the same
 * hash while others' changed, or else the ceilings of the load.
 */
export function compareRuns(first: Run, second: Run, options: CompareOptions): RunComparison {
  const [before, after] = [cellsById(first), cellsById(second)];
  const { pairs, lost, missing } = pairUp(before, after);
  const controls = controlsOf(first, second);
  const isControl = ({ cell }: Pair): boolean => controls.has(variantPlugin(second, cell.variant));
  const shift = shiftBetween(
    first,
    second,
    pairs.filter((pair) => isControl(pair) && !pair.asAsked),
  );
  const adjusted = pairs.map((pair) => ({
    pair,
    estimate:
      isControl(pair) || pair.asAsked || shift === null ? pair.estimate : without(pair.estimate, shift),
  }));
  const ratios = adjusted.map(({ estimate }) => intervalOf(estimate));
  // What a disturbed cell shows is not the programs': it must not decide about the others either.
  const counted = adjusted.map(({ pair }) => !pair.disturbed && !pair.asAsked);
  const changed = whereKnown(
    benjaminiHochberg,
    ratios.map(({ pValue }, at) => (counted[at] ? pValue : null)),
  );
  const counts = adjusted.map(({ pair }, at) => counted[at]! && !isControl(pair));
  const losses = whereKnown(
    benjaminiHochberg,
    adjusted.map(({ estimate }, at) =>
      counts[at] && options.failIfSlower !== null ? slowerBy(estimate, options.failIfSlower) : null,
    ),
  );
  return {
    first,
    second,
    lost,
    missing,
    times: compareTimes(before, after),
    deciding: counts.filter(Boolean).length,
    shift: shift && { ratio: intervalOf(shift.estimate), by: shift.by },
    cells: adjusted.map(({ pair }, at) => ({
      cell: pair.cell,
      label: pair.label,
      ratio: ratios[at]!,
      change: changeOf(pair, ratios[at]!, changed[at] ?? 1, options.margin),
      // One side of a 95 % interval.
      regressed: (losses[at] ?? 1) <= falseDiscoveries / 2,
      isControl: isControl(pair),
      disturbed: pair.disturbed,
    })),
  };
}

/** Whether a cell lost more than allowed for sure, or can no longer be measured at all. */
export const isGateClosed = ({ cells, lost }: RunComparison): boolean =>
  lost.length > 0 || cells.some(({ regressed }) => regressed);

type CellsById = ReadonlyMap<string, CellAnalysis>;

function pairUp(before: CellsById, after: CellsById): { pairs: Pair[]; lost: string[]; missing: string[] } {
  const pairs: Pair[] = [];
  const lost: string[] = [];
  const missing: string[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const cells = [before.get(id), after.get(id)];
    // As many good repeats of each run as any interval takes.
    const [a, b] = cells.map(logRates) as [number[], number[]];
    const cell = cells[1] ?? cells[0]!;
    if (a.length < fewestForInterval || b.length < fewestForInterval) {
      const isLost = a.length >= fewestForInterval && (cells[1]?.planned ?? 0) >= fewestForInterval;
      (isLost ? lost : missing).push(id);
      continue;
    }
    pairs.push({
      cell: cell.cell,
      label: cell.series.label,
      disturbed: cells.some((one) => one!.disturbed),
      asAsked: cells.every((one) => one!.rateKept === true),
      estimate: welch(a, b),
    });
  }
  return { pairs, lost, missing };
}

function cellsById(run: Run): CellsById {
  const cells = recordedLoads(run, 'timed').flatMap((load) => [...buildGrid(run, load).cells]);
  return new Map(cells.map((cell) => [cellId(cell.cell), cell]));
}

function logRates(cell: CellAnalysis | undefined): number[] {
  return [...figureByBlock(cell, (repeat) => repeat.requestsPerSecond).values()].map(Math.log);
}

/** One-sided p-value of having lost no more than `share`. */
function slowerBy({ log, error, freedom }: Estimate, share: number): number {
  const distance = log - Math.log(1 - share);
  if (error === 0) return distance < 0 ? 0 : 1;
  return jStat.studentt.cdf(distance / error, freedom);
}

function changeOf(
  { disturbed, asAsked }: Pair,
  { estimate, low, high }: Interval,
  adjusted: number,
  margin: number,
): Change {
  if (disturbed) return 'undecided';
  if (asAsked) return 'as-asked';
  if (low !== null && high !== null && low >= 1 / (1 + margin) && high <= 1 + margin) return 'same';
  if (adjusted > falseDiscoveries) return 'undecided';
  return estimate > 1 ? 'faster' : 'slower';
}

const variantPlugin = ({ manifest }: Run, variant: string): string =>
  manifest.scenario.variants.find(({ id }) => id === variant)?.plugin ?? variant;

/** Programs that are the same in both runs, where others are not. The manifest names them as their plug-ins. */
function controlsOf(first: Run, second: Run): ReadonlySet<string> {
  const [before, after] = [first.manifest.programs, second.manifest.programs];
  const plugins = new Set(second.manifest.scenario.variants.map(({ plugin }) => plugin));
  const known = [...plugins].filter((plugin) => before[plugin] !== undefined && after[plugin] !== undefined);
  const same = known.filter((plugin) => before[plugin] === after[plugin]);
  return new Set(same.length === known.length ? [] : same);
}

interface SeenShift {
  readonly estimate: Estimate;
  /** Variance of the shift from one place to the next, beside what repeats scatter by. */
  readonly spread: number;
  readonly by: Shift['by'];
}

/** Null unless it is clear: to divide by what may be noise would only add noise. */
function shiftBetween(first: Run, second: Run, controls: readonly Pair[]): SeenShift | null {
  const usable = controls.filter(({ disturbed }) => !disturbed).map(({ estimate }) => estimate);
  const found =
    usable.length >= 2
      ? seenShift('unchanged programs', usable)
      : seenShift('ceilings of the load', ceilingRatios(first, second));
  if (found === null) return null;
  const { pValue } = intervalOf(found.estimate);
  return pValue !== null && pValue < 0.05 ? found : null;
}

/** Of a ceiling one repeat is made: how far repeats scatter is not known. */
function ceilingRatios(first: Run, second: Run): Pick<Estimate, 'log' | 'error'>[] {
  const known = recordedLoads(first, 'timed');
  const loads = recordedLoads(second, 'timed').filter((load) => known.includes(load));
  return loads.flatMap((load) => {
    const before = ceilingsOfRun(first, load);
    return ceilingsOfRun(second, load).flatMap((ceiling) => {
      const other = before.find(({ measuredAt }) => measuredAt === ceiling.measuredAt);
      return other ? [{ log: Math.log(ceiling.requestsPerSecond / other.requestsPerSecond), error: 0 }] : [];
    });
  });
}

function seenShift(by: Shift['by'], seen: readonly Pick<Estimate, 'log' | 'error'>[]): SeenShift | null {
  const blocks = seen.length;
  if (blocks < 2) return null;
  const logs = seen.map(({ log }) => log);
  const variance = varianceOf(logs);
  const ofRepeats = mean(seen.map(({ error }) => error ** 2));
  return {
    by,
    spread: Math.max(0, variance - ofRepeats),
    estimate: { log: mean(logs), error: Math.sqrt(variance / blocks), freedom: blocks - 1, blocks },
  };
}

function without(estimate: Estimate, { estimate: shift, spread }: SeenShift): Estimate {
  return {
    ...estimate,
    log: estimate.log - shift.log,
    ...errorOf([
      { square: estimate.error ** 2, freedom: estimate.freedom },
      { square: shift.error ** 2 + spread, freedom: shift.freedom },
    ]),
  };
}
