import { isInvalid, type CellAnalysis } from './cells.ts';
import type { RepeatAnalysis } from './repeat.ts';

/*
 * Figures by block: repeats of one block ran side by side, so what is compared is compared within it.
 */

export type Figure = (repeat: RepeatAnalysis) => number | null;

/**
 * A figure of each good repeat, by its block. One that is not above zero gives no ratio, and is left out; an invalid cell
 * has none to compare.
 */
export function figureByBlock(cell: CellAnalysis | undefined, figure: Figure): Map<number, number> {
  const values = new Map<number, number>();
  if (cell === undefined || isInvalid(cell)) return values;
  for (const repeat of cell.repeats) {
    const value = repeat.ok ? figure(repeat) : null;
    if (value !== null && value > 0) values.set(repeat.record.block, value);
  }
  return values;
}

/** Each value over the one of the same block in `bases`, for the blocks that both have. */
export function ratiosByBlock(
  values: ReadonlyMap<number, number>,
  bases: ReadonlyMap<number, number>,
): Map<number, number> {
  const ratios = new Map<number, number>();
  for (const [block, value] of values) {
    const base = bases.get(block);
    if (base !== undefined) ratios.set(block, value / base);
  }
  return ratios;
}
