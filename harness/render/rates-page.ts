import type { PageAnalysis } from '../analysis/page.ts';
import { hasShares, rateCurves, type RateCurve } from '../analysis/rate-curves.ts';
import { present } from '../analysis/statistics.ts';
import { boldLines, disturbedCells, runCaveats } from './caveats.ts';
import { hypothesesChart } from './charts/hypotheses.ts';
import { percentileCurvesChart } from './charts/percentile-curves.ts';
import { formatShare, formatTime, formatWhole, listOf, noData } from './format.ts';
import { intervalCell, rangeText } from './interval-text.ts';
import type { Links } from './links.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { answersText, conclusionOf, hypothesesSection, outcomesText } from './sections/hypotheses.ts';
import { allFigures, measureAgain, openLoopFiles, planText } from './sections/method.ts';
import { openLoopSection } from './sections/open-loop.ts';
import { shortCause } from './verdict-text.ts';

/** Whether a run asked servers for shares of their capacity. */
export const isRatesPage = ({ run }: PageAnalysis): boolean => hasShares(run.manifest.scenario);

/** The heading of its page, also for the index. */
export function ratesTitle({ run, hypotheses }: PageAnalysis): string {
  const { title } = run.manifest.scenario;
  return hypotheses.length === 0 ? title : `${title}: ${outcomesText(hypotheses)}`;
}

/** What a terminal is told of such a run: of each share what was asked, what was served, and how punctual it was. */
export function ratesLines(page: PageAnalysis): string[] {
  const shares = rateCurves(page.run, page.grid).filter(({ share }) => share !== null);
  return [
    `${ratesTitle(page)} (load ${page.grid.load})`,
    ...page.hypotheses.map(
      (result) => `${result.hypothesis.question}, claim ${result.outcome}: ${conclusionOf(result)}`,
    ),
    ...shares.map(({ label, condition, cell }) => {
      const { openLoop, requestsPerSecond: served, scheduleError: error } = cell;
      const asked = openLoop === null ? noData : formatWhole(openLoop.rate);
      const late = error === null ? noData : formatTime(error.p99Us);
      return `${label}, ${condition.label}: asked ${asked} /s, served ${served === null ? noData : formatWhole(served.median)} /s, schedule error p99 ${late}`;
    }),
  ];
}

/** The page about a run at shares of capacities; `pages` are those of its loads, each by itself. */
export async function renderRatesPage(
  page: PageAnalysis,
  pages: readonly PageAnalysis[],
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const { run } = page;
  const loads = pages.map((one) => ({ page: one, curves: rateCurves(one.run, one.grid) }));
  const several = loads.length > 1;
  const all = loads.flatMap(({ page: { grid }, curves }) =>
    curves.map((curve) => (several ? { ...curve, label: `${curve.label}, ${grid.load}` } : curve)),
  );
  const curvesChart = percentileCurvesChart(all);
  const charts = present([hypothesesChart(page.hypotheses), curvesChart]);
  const text = blocks([
    `# ${escapeText(ratesTitle(page))}`,
    escapeText(run.manifest.scenario.question),
    ...loads.map(({ page: one }) =>
      blocks([several ? `Load ${code(one.grid.load)}:` : null, answersText(one.hypotheses)]),
    ),
    ...charts.map((chart) => picture(chart, links.beside)),
    boldLines([...runCaveats(run), disturbedCells(all.map(({ cell }) => cell))]),
    timesSection(all),
    ...loads.map(({ page: one }) =>
      blocks([
        several ? `## Load ${code(one.grid.load)}` : null,
        hypothesesSection(one.hypotheses),
        openLoopSection(one),
      ]),
    ),
    ...loads.map(({ page: one }) => failuresSection(one, links)),
    environmentSection(page),
    '## Method',
    `Load ${listOf(loads.map(({ page: one }) => code(one.grid.load)))}. ${capacityText(all)} Response times count from when a request was to start, also where it had to wait for a free connection.`,
    `${planText(run.manifest, page.grid.blocks.length)}. In each block the capacities are measured first, in random order, then the shares. Intervals: Student's, over the logarithms of the blocks' figures; shares are taken within each block.`,
    measureAgain(run.manifest),
    `${allFigures(links, openLoopFiles(pages))}.`,
  ]);
  return new Map([[`${pageName}.md`, `${text}\n`], ...(await chartFiles(pageName, charts))]);
}

/** At how many connections capacity and shares were measured. */
function capacityText(curves: readonly RateCurve[]): string {
  const connections = (isShare: boolean): string =>
    listOf([
      ...new Set(
        curves
          .filter(({ share }) => (share !== null) === isShare)
          .map(({ cell }) => formatWhole(cell.concurrency)),
      ),
    ]);
  return `The capacity is what a server serves in a closed loop of ${connections(false)} connections; at a fixed rate at most ${connections(true)} requests are in flight at once.`;
}

function timesSection(curves: readonly RateCurve[]): string {
  return blocks([
    '## Response times at shares of capacity',
    table(
      ['', 'asked', 'served /s', 'of capacity', 'p50', 'p90', 'p99', 'p99.9', 'max', 'limited by'],
      curves.map(rowOf),
      ['l', 'l', 'r', 'r', 'r', 'r', 'r', 'r', 'r', 'l'],
    ),
    'Served are successful answers per second, and their share of what the same server served in a closed loop in the same block: geometric means with 95 % intervals. Percentiles are those of the histograms of all blocks, added up. Above 100 % a queue grows for as long as the window lasts, so these times tell of its length too. In the closed loop a request starts when the one before it was answered, so its times are no measure of what users would see at that rate.',
  ]);
}

function rowOf({ label, condition, cell, servedShare, p999Us }: RateCurve): string[] {
  const { responseTime: times } = cell;
  const time = (us: number | null | undefined): string =>
    us === null || us === undefined ? noData : formatTime(us);
  return [
    escapeText(label),
    escapeText(condition.label),
    intervalCell(cell.interval, formatWhole),
    servedShare === null ? noData : formatShare(servedShare.estimate) + rangeText(servedShare, formatShare),
    time(times?.p50Us),
    time(times?.p90Us),
    time(times?.p99Us),
    time(p999Us),
    time(times?.maxUs),
    shortCause(cell.verdict.primary),
  ];
}
