import { conditionOf } from '../core/grid.ts';
import type { RunFrame } from '../core/journal.ts';
import type { Condition } from '../core/scenario.ts';
import type { CellAnalysis, Grid } from './cells.ts';

/** A cell of a run whose conditions differ, and where it stands among the others. */
export interface SweepCell {
  readonly condition: Condition;
  /** The variant's label, with the values of all factors but the first where there are several. */
  readonly line: string;
  /** The value of the first factor, or the condition's label where it has none. */
  readonly step: string;
  readonly cell: CellAnalysis;
}

export interface Sweep {
  /** The first factor's name; null where the conditions are no values of one factor. */
  readonly factor: string | null;
  /** In the order of the scenario. */
  readonly steps: readonly string[];
  readonly lines: readonly string[];
  readonly concurrencies: readonly number[];
  readonly cells: readonly SweepCell[];
}

/** The measured cells by their conditions; null where the scenario has none. */
export function sweepOf(run: RunFrame, grid: Grid): Sweep | null {
  const { scenario } = run.manifest;
  const { conditions } = scenario;
  if (conditions === undefined) return null;
  const names = Object.keys(conditions[0]?.factors ?? {});
  const isSweep =
    names.length > 0 && conditions.every(({ factors = {} }) => names.every((name) => name in factors));
  const first = isSweep ? names[0] : undefined;
  const stepOf = ({ factors = {}, label }: Condition): string =>
    first === undefined ? label : String(factors[first]);
  const lineOf = (variant: string, { factors = {} }: Condition): string => {
    const label = scenario.variants.find(({ id }) => id === variant)?.label ?? variant;
    const others = Object.entries(factors).filter(([name]) => first !== undefined && name !== first);
    return [label, ...others.map(([name, value]) => `${name} ${String(value)}`)].join(', ');
  };
  const cells = grid.cells.flatMap((cell): SweepCell[] => {
    const condition = conditionOf(scenario, cell.cell);
    if (!condition || cell.repeats.length === 0) return [];
    return [{ condition, cell, step: stepOf(condition), line: lineOf(cell.cell.variant, condition) }];
  });
  const used = new Set(cells.map(({ condition }) => condition));
  const inOrder = conditions.filter((condition) => used.has(condition));
  return {
    factor: first ?? null,
    steps: [...new Set(inOrder.map(stepOf))],
    lines: [
      ...new Set(
        scenario.variants.flatMap(({ id }) =>
          inOrder.flatMap((condition) => {
            const line = lineOf(id, condition);
            return cells.some((cell) => cell.line === line) ? [line] : [];
          }),
        ),
      ),
    ],
    concurrencies: [...new Set(cells.map(({ cell }) => cell.concurrency))].sort((a, b) => a - b),
    cells,
  };
}
