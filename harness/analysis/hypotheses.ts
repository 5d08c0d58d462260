import { conditionOf } from '../core/grid.ts';
import type { Hypothesis, HypothesisTest, Place, Range, SeedTest } from '../core/hypothesis.ts';
import type { RunFrame, SeedTables } from '../core/journal.ts';
import { ratiosByBlock } from './by-block.ts';
import { isInvalid, type CellAnalysis, type Grid } from './cells.ts';
import { figures, type NamedFigure } from './figures.ts';
import { amountInterval, fewestForInterval, intervalOf, type Interval } from './intervals.ts';
import { seedRates } from './shape.ts';
import { geometricMean, sum } from './statistics.ts';

export type Outcome = keyof Hypothesis['conclude'];

/** A figure with its 95 % interval. Borders are null where there are too few blocks, or none as in the seed. */
export type Estimate = Omit<Interval, 'pValue'>;

export interface TestResult<Test = HypothesisTest> {
  readonly test: Test;
  /** A ratio for a test with `over`, else in the figure's unit. Null: not measured. */
  readonly value: Estimate | null;
  readonly outcome: Outcome;
  /** Something else used the cores of one of its cells: then it decides nothing. */
  readonly disturbed: boolean;
}

export interface HypothesisResult {
  readonly hypothesis: Hypothesis;
  readonly outcome: Outcome;
  readonly tests: readonly TestResult[];
  /** Null where the seed's figures say nothing about it. */
  readonly onSeed: { readonly outcome: Outcome; readonly tests: readonly TestResult<SeedTest>[] } | null;
  /** Cells that it rests on. */
  readonly cells: readonly CellAnalysis[];
}

/** Judges the hypotheses of a run's scenario on the grid of one load; `seed` holds the seed's tables by name. */
export function judgeHypotheses(run: RunFrame, grid: Grid, seed: SeedTables): HypothesisResult[] {
  return run.manifest.scenario.hypotheses.map((hypothesis) => judge(hypothesis, run, grid, seed));
}

function judge(hypothesis: Hypothesis, run: RunFrame, grid: Grid, seed: SeedTables): HypothesisResult {
  const cellsAt = (place: Place | undefined): CellAnalysis[] =>
    place === undefined ? [] : cellsOf(run, grid, place);
  const tests = hypothesis.tests.map((test): TestResult => {
    const figure = figures[test.figure];
    const [cells, bases] = [cellsAt(test.of), test.over && cellsAt(test.over)];
    const value = estimateOf(figure, cells, bases);
    const disturbed = [...cells, ...(bases ?? [])].some((cell) => cell.disturbed);
    return { test, value, disturbed, outcome: disturbed ? 'undecided' : outcomeOf(test, value) };
  });
  const onSeed = hypothesis.onSeed.map((test): TestResult<SeedTest> => {
    const value = seedRatio(test, seed);
    const outcome = value === null ? 'undecided' : pointOutcome(test, value.estimate);
    return { test, value, disturbed: false, outcome };
  });
  return {
    hypothesis,
    outcome: together(tests),
    tests,
    onSeed: onSeed.length === 0 ? null : { outcome: together(onSeed), tests: onSeed },
    cells: [...new Set(hypothesis.tests.flatMap(({ of, over }) => [...cellsAt(of), ...cellsAt(over)]))],
  };
}

function cellsOf(run: RunFrame, grid: Grid, { variant, condition, concurrencies }: Place): CellAnalysis[] {
  return grid.cells.filter(
    ({ cell }) =>
      cell.variant === variant &&
      concurrencies.includes(cell.concurrency) &&
      isOne(conditionOf(run.manifest.scenario, cell)?.id, condition),
  );
}

const isOne = (id: string | undefined, wanted: Place['condition']): boolean =>
  id === undefined || wanted === undefined ? id === wanted : [wanted].flat().includes(id);

/** All must support it; one that refutes it is enough. */
function together(tests: readonly { readonly outcome: Outcome }[]): Outcome {
  if (tests.some(({ outcome }) => outcome === 'refuted')) return 'refuted';
  return tests.every(({ outcome }) => outcome === 'supported') ? 'supported' : 'undecided';
}

function estimateOf(
  figure: NamedFigure,
  cells: readonly CellAnalysis[],
  bases: readonly CellAnalysis[] | undefined,
): Estimate | null {
  if (bases === undefined) return meanOfCells(figure, cells);
  const ratios = [...ratiosByBlock(valuesByBlock(figure, cells), valuesByBlock(figure, bases)).values()];
  // Nothing over nothing, or anything over it, is no ratio.
  return ratios.every((value) => value > 0 && Number.isFinite(value)) ? intervalOf(ratios) : null;
}

/** A figure of some cells, over the blocks in which all of them have it; null: not measured. */
export function meanOfCells(figure: NamedFigure, cells: readonly CellAnalysis[]): Estimate | null {
  const values = [...valuesByBlock(figure, cells).values()];
  return figure.scale === 'ratio' ? intervalOf(values) : amountInterval(values);
}

/** The mean over the cells within each block in which all of them have the figure. */
function valuesByBlock(figure: NamedFigure, cells: readonly CellAnalysis[]): Map<number, number> {
  const byBlock = new Map<number, number[]>();
  for (const cell of cells) {
    if (isInvalid(cell) && figure.ofInvalid !== true) continue;
    for (const repeat of cell.repeats) {
      const value = repeat.ok ? figure.of(repeat) : null;
      if (value === null) continue;
      byBlock.set(repeat.record.block, [...(byBlock.get(repeat.record.block) ?? []), value]);
    }
  }
  const means = [...byBlock].map(([block, values]): [number, number | null] => [
    block,
    values.length < cells.length
      ? null
      : figure.scale === 'ratio'
        ? geometricMean(values)
        : sum(values) / values.length,
  ]);
  return new Map(means.filter((entry): entry is [number, number] => entry[1] !== null));
}

type Decides = { readonly supports: Range; readonly refutes: Range };

function outcomeOf(test: Decides, value: Estimate | null): Outcome {
  if (value === null || value.low === null || value.high === null) return 'undecided';
  if (value.blocks < fewestForInterval) return 'undecided';
  if (holds(test.supports, value.low) && holds(test.supports, value.high)) return 'supported';
  if (holds(test.refutes, value.low) && holds(test.refutes, value.high)) return 'refuted';
  return 'undecided';
}

/** For a figure of which nobody knows how far it might have been another. */
function pointOutcome({ supports, refutes }: Decides, value: number): Outcome {
  if (holds(supports, value)) return 'supported';
  return holds(refutes, value) ? 'refuted' : 'undecided';
}

/** Whether a figure lies on the side of a limit that a range is. */
export const holds = (range: Range, value: number): boolean =>
  'atLeast' in range ? value >= range.atLeast : value <= range.atMost;

function seedRatio({ table, of, over }: SeedTest, seed: SeedTables): Estimate | null {
  const { rate } = seedRates(seed.get(table) ?? []);
  const value = rate(of.variant, of.concurrency);
  const base = rate(over.variant, over.concurrency);
  return value === null || base === null
    ? null
    : { estimate: value / base, low: null, high: null, blocks: 1 };
}
