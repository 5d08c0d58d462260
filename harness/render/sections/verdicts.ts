import type { CellAnalysis } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { causes, type Cause } from '../../core/scenario.ts';
import { noData } from '../format.ts';
import { gridTables } from '../grid-tables.ts';
import type { Links } from '../links.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';
import { causeTexts, shortCause, verdictSentence } from '../verdict-text.ts';

/** What limited each cell, and the evidence. */
export function verdictsSection({ run, grid }: PageAnalysis, links: Links): string {
  const { scenario } = run.manifest;
  const cells = grid.cells.filter((cell) => cell.repeats.length > 0);
  if (cells.length === 0) return '';
  return blocks([
    '## What limited each figure',
    ...gridTables(grid, verdictCell, 'c'),
    legend(cells),
    `The evidence for each, in one sentence: [evidence.md](${links.beside}/evidence.md). All that is known of one cell: ${code(`npx tsx harness/explain.ts ${scenario.name}`)}.`,
  ]);
}

function verdictCell(cell: CellAnalysis | undefined): string {
  if (!cell || cell.repeats.length === 0) return noData;
  const { primary, secondary } = cell.verdict;
  const also = secondary.length === 0 ? '' : `<br><sub>${secondary.map(shortCause).join(', ')}</sub>`;
  return `**${shortCause(primary)}**${also}`;
}

/** Explains the verdicts that occur, and only those. */
function legend(cells: readonly CellAnalysis[]): string {
  const used = new Set<Cause>(cells.flatMap(({ verdict }) => [verdict.primary, ...verdict.secondary]));
  const lines = causes
    .filter((cause) => used.has(cause))
    .map((cause) => `- **${shortCause(cause)}**: ${causeTexts[cause]}.`);
  return blocks([
    'The first word decides how the figure may be read; small: what else was found.',
    lines.join('\n'),
  ]);
}

/** On a page of its own: a sentence for each cell would bury the report. */
export function evidenceTable({ grid }: PageAnalysis): string {
  const rows = grid.series.flatMap((series) =>
    grid.cells
      .filter((cell) => cell.series.id === series.id && cell.repeats.length > 0)
      .map((cell, index) => [
        index === 0 ? escapeText(series.label) : '',
        String(cell.concurrency),
        escapeText(verdictSentence(cell.verdict)),
      ]),
  );
  return table(['', 'connections', 'verdict and evidence'], rows, ['l', 'r', 'l']);
}
