import type { PageAnalysis } from '../analysis/page.ts';
import { present } from '../analysis/statistics.ts';
import { sweepOf, type Sweep } from '../analysis/sweep.ts';
import { caveatLine, caveatsOf } from './caveats.ts';
import { hypothesesChart } from './charts/hypotheses.ts';
import type { Chart } from './charts/svg.ts';
import { sweepChart } from './charts/sweep.ts';
import { formatWhole } from './format.ts';
import { concurrencyTables } from './grid-tables.ts';
import { intervalCell } from './interval-text.ts';
import type { Links } from './links.ts';
import { blocks, details, escapeText, linkPath } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { answersText, hypothesesSection, outcomesText } from './sections/hypotheses.ts';
import { standstillSection } from './sections/standstill.ts';
import { callTimesSection, watchedSection } from './sections/sweep-figures.ts';
import { allFigures, measureAgain, planText, requestsText } from './sections/method.ts';
import { shortCause } from './verdict-text.ts';

/** Whether a run is one over the values of factors, or one that decides hypotheses by conditions. */
export const isSweepPage = ({ run }: PageAnalysis): boolean => {
  const { conditions, hypotheses } = run.manifest.scenario;
  return (
    conditions !== undefined &&
    (hypotheses.length > 0 || conditions.some(({ factors }) => factors !== undefined))
  );
};

/** The heading of its page, also for the index. */
export function sweepTitle({ run, hypotheses }: PageAnalysis): string {
  const { title } = run.manifest.scenario;
  return hypotheses.length === 0 ? title : `${title}: ${outcomesText(hypotheses)}`;
}

/** The page about a run that measured the same servers under several conditions, and decides hypotheses by them. */
export async function renderSweepPage(
  page: PageAnalysis,
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const { run, grid, hypotheses } = page;
  const sweep = sweepOf(run, grid)!;
  const charts = present([hypothesesChart(hypotheses), sweepChart(sweep, run.manifest.scenario.title)]);
  const text = blocks([
    firstScreen(page, charts, links),
    hypothesesSection(hypotheses),
    standstillSection(sweep),
    ratesSection(sweep),
    callTimesSection(sweep),
    watchedSection(sweep),
    failuresSection(page, links),
    environmentSection(page),
    '## Method',
    `${planText(run.manifest, grid.blocks.length)}, so that servers and conditions are compared within a block. Intervals: Student's, over the blocks.`,
    requestsText(grid),
    measureAgain(run.manifest),
    `${allFigures(links)}.`,
  ]);
  return new Map([[`${pageName}.md`, `${text}\n`], ...(await chartFiles(pageName, charts))]);
}

function firstScreen(page: PageAnalysis, charts: readonly Chart[], links: Links): string {
  const { scenario } = page.run.manifest;
  return blocks([
    `# ${escapeText(sweepTitle(page))}`,
    escapeText(scenario.question),
    answersText(page.hypotheses),
    ...charts.map((chart) => picture(chart, links.beside)),
    caveatsOf(page).map(caveatLine).join('\n'),
  ]);
}

/** A table a line of the chart: steps as rows, concurrencies as columns, what limited each cell small below its rate. */
function ratesSection(sweep: Sweep): string {
  const tables = sweep.lines.map((line) => {
    const own = sweep.cells.filter((cell) => cell.line === line);
    const steps = sweep.steps.filter((step) => own.some((cell) => cell.step === step));
    const concurrencies = sweep.concurrencies.filter((concurrency) =>
      own.some(({ cell }) => cell.concurrency === concurrency),
    );
    const text = (step: string, concurrency: number): string => {
      const found = own.find((one) => one.step === step && one.cell.concurrency === concurrency);
      if (found === undefined) return '';
      const { cell } = found;
      return `${intervalCell(cell.interval, formatWhole)}<br><sub>${shortCause(cell.verdict.primary)}</sub>`;
    };
    return blocks([
      `**${escapeText(line)}**, by ${escapeText(sweep.factor ?? 'condition')} and connections:`,
      ...concurrencyTables(concurrencies, steps, escapeText, text, { title: escapeText(sweep.factor ?? '') }),
    ]);
  });
  return blocks([
    '## Successful requests per second',
    'Geometric means of the blocks with 95 % intervals, and below them what limited the cell.',
    tables.length > 3 ? details('All tables', blocks(tables)) : blocks(tables),
  ]);
}
