import type { CellFigures } from '../analysis/cell-figures.ts';

export type Mark = '†' | '‡' | '§' | '¶';

/** What a reader must know about a cell's figure, in the order in which a legend explains it. */
export function marksOf(cell: CellFigures): Mark[] {
  const marks: Mark[] = [];
  if (cell.generatorBound === true) marks.push('†');
  if (cell.failed > 0) marks.push('‡');
  if ((cell.overflowsPerSecond?.median ?? 0) > 0) marks.push('§');
  if (cell.disturbed) marks.push('¶');
  return marks;
}
