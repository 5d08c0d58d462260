import type { RunFrame } from '../core/journal.ts';
import { medianOf, type CellAnalysis, type Grid, type Series } from './cells.ts';
import {
  againstBaseline,
  baselineOf,
  compareCells,
  compareSeries,
  judgedTogether,
  type Ratio,
} from './compare.ts';
import { isOpenLoop } from './open-loop.ts';
import { overflowPattern, type OverflowPattern } from './overflow.ts';
import { present } from './statistics.ts';

/** A variant against the baseline over some concurrencies. */
export interface RegionRatio {
  readonly series: Series;
  readonly ratio: Ratio;
  /** Where it was the other way round than in the mean, as the table of all concurrencies says. */
  readonly contrary: readonly number[];
}

/** Concurrencies that belong together by what the baseline's listen queue did there. */
export interface Region {
  readonly kind: 'clean' | 'overflowed' | 'all';
  readonly concurrencies: readonly number[];
  readonly ratios: readonly RegionRatio[];
}

/** What became of each variant's throughput where the baseline's queue began to overflow. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly ratios: readonly RegionRatio[];
}

/** How much of what was planned was measured, and how. */
export interface Coverage {
  readonly cells: number;
  readonly cellsWithoutData: number;
  readonly planned: number;
  readonly done: number;
  readonly failed: number;
  readonly blocks: number;
  readonly generatorBound: readonly CellAnalysis[];
  readonly generatorUnknown: number;
  readonly disturbed: number;
  /** Of the disturbed cells those where a hypervisor took most of it. */
  readonly stolen: number;
}

/** What the opening sentences of a page are made from. */
export interface Headline {
  readonly baseline: Series | undefined;
  readonly overflow: readonly OverflowPattern[];
  readonly step: Step | null;
  readonly regions: readonly Region[];
  readonly coverage: Coverage;
}

export function headline(run: RunFrame, grid: Grid): Headline {
  const baselineId = run.manifest.scenario.baseline;
  const baseline = grid.series.find((series) => series.variant === baselineId);
  const overflow = grid.series.map((series) => overflowPattern(grid, series));
  // Asked for a rate, servers answer at that rate: nothing there is anybody's throughput.
  const ofBaseline = grid.cells.some(isOpenLoop)
    ? undefined
    : overflow.find((pattern) => pattern.series === baseline);
  return {
    baseline,
    overflow,
    step: ofBaseline ? stepOf(grid, ofBaseline) : null,
    regions: ofBaseline ? regionsOf(grid, baselineId, ofBaseline) : [],
    coverage: coverageOf(grid),
  };
}

function stepOf(grid: Grid, pattern: OverflowPattern): Step | null {
  const to = pattern.kind === 'from' ? pattern.from : null;
  const from = to === null ? undefined : pattern.clean.filter((concurrency) => concurrency < to).at(-1);
  if (to === null || from === undefined) return null;
  const ratios = grid.series.map((series) => {
    const ratio = compareCells(grid.at(series.id, to), grid.at(series.id, from));
    return ratio ? { series, ratio, contrary: [] } : null;
  });
  return { from, to, ratios: judged(present(ratios)) };
}

function regionsOf(grid: Grid, baselineId: string, pattern: OverflowPattern): Region[] {
  const region = (kind: Region['kind'], concurrencies: readonly number[]): Region => ({
    kind,
    concurrencies,
    ratios: present(
      grid.series.map((series) => {
        const base = series.variant === baselineId ? undefined : baselineOf(grid, baselineId, series);
        const ratio = base ? compareSeries(grid, series, base, concurrencies) : null;
        return ratio ? { series, ratio, contrary: [] } : null;
      }),
    ),
  });
  const apart = pattern.clean.length > 0 && pattern.overflowed.length > 0;
  const regions = apart
    ? [region('clean', pattern.clean), region('overflowed', pattern.overflowed)]
    : [region('all', grid.concurrencies)];
  return withRelations(regions, contraryIn(grid, baselineId));
}

/** Opening sentences speak of several ratios at once, so these are judged together, as the table's are. */
function judged(ratios: readonly RegionRatio[]): RegionRatio[] {
  const together = judgedTogether(ratios.map(({ ratio }) => ratio.interval));
  return ratios.map((one, at) => ({ ...one, ratio: { ...one.ratio, relation: together[at]!.relation } }));
}

function withRelations(
  regions: readonly Region[],
  contrary: (series: Series, ratio: Ratio) => readonly number[],
): Region[] {
  const left = judged(regions.flatMap(({ ratios }) => ratios));
  return regions.map((region) => ({
    ...region,
    ratios: left
      .splice(0, region.ratios.length)
      .map((one) => ({ ...one, contrary: contrary(one.series, one.ratio) })),
  }));
}

/** Says at which of a ratio's concurrencies the table of all concurrencies has the opposite. */
function contraryIn(grid: Grid, baselineId: string): (series: Series, ratio: Ratio) => number[] {
  const table = againstBaseline(grid, baselineId);
  return (series, { relation, concurrencies }) => {
    if (relation === 'unclear') return [];
    const opposite = relation === 'faster' ? 'slower' : 'faster';
    return table
      .filter((one) => one.series === series && one.relation === opposite)
      .map(({ concurrency }) => concurrency)
      .filter((concurrency) => concurrencies.includes(concurrency));
  };
}

function isMostlyStolen(cell: CellAnalysis): boolean {
  const stolen = medianOf(cell, (repeat) => repeat.cpu.stolenShare) ?? 0;
  return cell.disturbed && 2 * stolen > (cell.strangersShare?.median ?? 0);
}

export function coverageOf(grid: Grid): Coverage {
  const add = (value: (cell: CellAnalysis) => number): number =>
    grid.cells.reduce((total, cell) => total + value(cell), 0);
  return {
    cells: grid.cells.length,
    cellsWithoutData: grid.cells.filter((cell) => cell.ok === 0).length,
    planned: add((cell) => cell.planned),
    done: add((cell) => cell.repeats.length),
    failed: add((cell) => cell.failed),
    blocks: grid.blocks.length,
    generatorBound: grid.cells.filter((cell) => cell.generatorBound === true),
    disturbed: grid.cells.filter((cell) => cell.disturbed).length,
    stolen: grid.cells.filter(isMostlyStolen).length,
    generatorUnknown: grid.cells.filter((cell) => cell.ok > 0 && cell.generatorBound === null).length,
  };
}
