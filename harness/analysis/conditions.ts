import { conditionOf } from '../core/grid.ts';
import type { Condition } from '../core/scenario.ts';
import { figureByBlock, ratiosByBlock, type Figure } from './by-block.ts';
import type { CellAnalysis, Grid } from './cells.ts';
import type { DigestedRun } from './digest.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { geometricMean, median, present } from './statistics.ts';

/** One variant at one concurrency under one condition, against the same under the scenario's first condition. */
export interface ConditionCell {
  readonly condition: Condition;
  readonly variant: string;
  readonly label: string;
  readonly concurrency: number;
  readonly cell: CellAnalysis;
  readonly requestsPerSecond: Interval | null;
  /** Of throughput, taken within each block; null for the first condition itself. */
  readonly ratio: Interval | null;
  readonly ratioByBlock: ReadonlyMap<number, number>;
  /** CPU time of the harness within the window, of one core. */
  readonly harnessShare: number | null;
  /** CPU time of the samplers over their whole life, of one core. */
  readonly samplersShare: number | null;
}

/** The same cells under several conditions. */
export interface ConditionComparison {
  readonly run: DigestedRun;
  readonly grid: Grid;
  readonly conditions: readonly Condition[];
  readonly cells: readonly ConditionCell[];
  /** Each further condition against the first, over all cells: in each block the geometric mean of their ratios. */
  readonly overall: readonly { readonly condition: Condition; readonly ratio: Interval | null }[];
}

export function compareConditions(run: DigestedRun, grid: Grid): ConditionComparison {
  const { scenario } = run.manifest;
  const conditions = scenario.conditions ?? [];
  const first = conditions[0];
  const cells = grid.cells.flatMap((cell): ConditionCell[] => {
    const condition = conditionOf(scenario, cell.cell);
    if (!condition || cell.repeats.length === 0) return [];
    const base = grid.cells.find(
      (other) =>
        conditionOf(scenario, other.cell) === first &&
        other.cell.variant === cell.cell.variant &&
        other.concurrency === cell.concurrency,
    );
    const rates = figureByBlock(cell, rate);
    const middle = (figure: Figure): number | null => median(present(cell.repeats.map(figure)));
    const ratioByBlock = ratiosByBlock(rates, figureByBlock(condition === first ? undefined : base, rate));
    return [
      {
        condition,
        variant: cell.cell.variant,
        label: scenario.variants.find(({ id }) => id === cell.cell.variant)?.label ?? cell.cell.variant,
        concurrency: cell.concurrency,
        cell,
        requestsPerSecond: intervalOf([...rates.values()]),
        ratio: intervalOf([...ratioByBlock.values()]),
        ratioByBlock,
        harnessShare: middle((repeat) => repeat.harnessShare),
        samplersShare: middle((repeat) => repeat.samplersShare),
      },
    ];
  });
  const overall = conditions
    .slice(1)
    .map((condition) => ({ condition, ratio: overallRatio(cells, condition) }));
  return { run, grid, conditions, cells, overall };
}

const rate: Figure = (repeat) => repeat.requestsPerSecond;

/** Of the blocks in which every cell has a ratio. Null where there is none. */
function overallRatio(cells: readonly ConditionCell[], condition: Condition): Interval | null {
  const members = cells.filter((cell) => cell.condition === condition);
  const [first, ...others] = members.map(({ ratioByBlock }) => ratioByBlock);
  const blocks = [...(first?.keys() ?? [])].filter((block) => others.every((ratios) => ratios.has(block)));
  return intervalOf(
    present(
      blocks.map((block) => geometricMean(members.map(({ ratioByBlock }) => ratioByBlock.get(block)!))),
    ),
  );
}
