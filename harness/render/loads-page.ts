import { failedRepeats, longestStartMs, notesOf } from '../analysis/digest.ts';
import { serverFullShare, type LoadCell, type LoadComparison } from '../analysis/loads.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import type { Series } from '../analysis/cells.ts';
import { present } from '../analysis/statistics.ts';
import { loadCostChart } from './charts/load-costs.ts';
import { formatCount, formatRatio, formatShare, formatWhole, listOf, noData, plural } from './format.ts';
import { boldLines, disturbedCells, runCaveats } from './caveats.ts';
import { intervalCell, ratioText } from './interval-text.ts';
import type { Links } from './links.ts';
import { blocks, code, escapeText, linkPath } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { loadTargetsSection } from './sections/load-targets.ts';
import { toolClaimsSections } from './sections/tool-claims.ts';
import { ceilingsSection, gridTables, isInvalidSeries } from './sections/load-tables.ts';
import { allFigures, measureAgain, planText } from './sections/method.ts';

/** The page about a run that drove the same servers with several loads. `pages` holds its loads, each by itself. */
export async function renderLoadsPage(
  comparison: LoadComparison,
  pages: readonly PageAnalysis[],
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const chart = loadCostChart(comparison);
  const text = blocks([
    firstScreen(comparison),
    chart && picture(chart, links.beside),
    caveats(comparison),
    loadTargetsSection(comparison),
    ratesSection(comparison),
    ceilingsSection(comparison),
    costsSection(comparison),
    countsSection(comparison),
    ...toolClaimsSections(comparison),
    notesSection(comparison),
    ...pages.map((page) => failuresOf(page, links)),
    environmentSection(pages[0]!),
    methodSection(comparison, links),
  ]);
  return new Map([[`${pageName}.md`, `${text}\n`], ...(await chartFiles(pageName, present([chart])))]);
}

/** The heading of the page, also for the index. */
export function loadsTitle({ run, loads, reference, series, concurrencies, at }: LoadComparison): string {
  const { title } = run.manifest.scenario;
  // Where there are fewest connections: what thousands of them need for their start is in some tools' figures.
  const concurrency = Math.min(...concurrencies);
  const best = loads
    .filter((load) => load !== reference)
    .map((load) => at(load, series[0]!.id, concurrency))
    .filter((cell) => cell !== undefined)
    .reduce<LoadCell | null>((kept, cell) => (cheapness(cell) < cheapness(kept) ? cell : kept), null);
  if (best === null || cheapness(best) >= 1) return title;
  return `${best.load} makes a request for at most ${formatShare(cheapness(best))} of the CPU time of ${reference}, at ${plural(concurrency, 'connection')}`;
}

/** The upper end of what a load costs relative to the reference: a claim has to hold there. */
const cheapness = (cell: LoadCell | null): number => cell?.cpuRatio?.high ?? Infinity;

function firstScreen(comparison: LoadComparison): string {
  const { run, loads, reference, series } = comparison;
  const { scenario } = run.manifest;
  const title = loadsTitle(comparison);
  const subject = title === scenario.title ? '' : `*${escapeText(scenario.title)}.* `;
  return blocks([
    `# ${escapeText(title)}`,
    `${subject}${escapeText(scenario.question)} Each load on the host Jerry drove the same ${series.length === 1 ? 'server' : 'servers'} (${escapeText(listOf(series.map(({ label }) => label)))}) on the host Tom, one after the other in random order within each block: ${listOf(loads.map((load) => code(load)))}.`,
    ...series.map((one) => answer(comparison, one)),
    `Each figure is the geometric mean over the blocks with its 95 % interval; ratios are taken within each block, against ${code(reference)}.`,
  ]);
}

/** One sentence a concurrency about the loads that were held against the reference. */
function answer(comparison: LoadComparison, series: Series): string | null {
  const { loads, reference, concurrencies, at } = comparison;
  const where = comparison.series.length === 1 ? '' : `, with ${escapeText(series.label)}`;
  const sentences = concurrencies.map((concurrency) => {
    const parts = loads
      .filter((load) => load !== reference)
      .map((load) => ({ load, cell: at(load, series.id, concurrency) }))
      .map(({ load, cell }) => {
        if (!cell?.rateRatio) return null;
        const cost = cell.cpuRatio ? ` at ${ratioText(cell.cpuRatio)} times the CPU time a request` : '';
        return `${escapeText(load)} made ${ratioText(cell.rateRatio)} times as many requests per second${cost}`;
      });
    const known = present(parts);
    return known.length === 0 ? null : `- At ${plural(concurrency, 'connection')}, ${listOf(known)}.`;
  });
  const known = present(sentences);
  return known.length === 0 ? null : [`Against ${escapeText(reference)}${where}:`, '', ...known].join('\n');
}

function caveats(comparison: LoadComparison): string | null {
  const { run, grids } = comparison;
  const failed = run.timed.filter(({ record }) => record.status === 'failed').length;
  return boldLines([
    ...runCaveats(run),
    failed > 0 ? `${plural(failed, 'repeat')} failed; they are named below.` : null,
    disturbedCells(grids.flatMap((grid) => grid.cells)),
    uncountedText(comparison),
  ]);
}

/** Below this share a load did not count a part of what was answered that matters. */
const countedEnough = 0.95;

function uncountedText({ loads, series, concurrencies, at }: LoadComparison): string | null {
  const places = loads.flatMap((load) =>
    concurrencies
      .filter((concurrency) =>
        series.some((one) => (at(load, one.id, concurrency)?.countedShare ?? 1) < countedEnough),
      )
      .map((concurrency) => `${load} at ${formatCount(concurrency)}`),
  );
  if (places.length === 0) return null;
  return `${listOf(places)} connections counted less than ${formatShare(countedEnough)} of what the server answered, which makes them look slower and dearer than they were: their start is part of their window, or they count no request that was in flight at their end.`;
}

function ratesSection(comparison: LoadComparison): string {
  return blocks([
    '## Successful requests per second',
    ...gridTables(comparison, (cell) => {
      const mark = cell.serverFull === true ? ' ∗' : '';
      return intervalCell(cell.requestsPerSecond, formatWhole) + mark;
    }),
    `∗ the server used ${formatShare(serverFullShare)} of its cores or more: it, and not the load, was the limit. CPU time a request tells the loads apart there too.`,
    invalidText(comparison),
  ]);
}

/** Servers that are in no table of figures. */
function invalidText(comparison: LoadComparison): string | null {
  const invalid = comparison.series.filter((one) => isInvalidSeries(comparison, one));
  if (invalid.length === 0) return null;
  return `Too many requests failed for a throughput with ${escapeText(listOf(invalid.map(({ label }) => label)))}; what the loads made of that stands below.`;
}

function costsSection(comparison: LoadComparison): string {
  return blocks([
    "## CPU time of Jerry's cores for each request, in microseconds",
    ...gridTables(comparison, (cell) => intervalCell(cell.cpuUsPerRequest, formatCount)),
    "The generator's processes and the interrupts of its cores, over the requests that succeeded. Where a tool does not tell its own CPU time, it is all that its cores did within its life, start-up included.",
    `Over ${code(comparison.reference)}, within each block:`,
    ...gridTables(comparison, (cell) =>
      cell.load === comparison.reference ? '1' : intervalCell(cell.cpuRatio, formatRatio),
    ),
  ]);
}

function countsSection(comparison: LoadComparison): string {
  return blocks([
    '## What the loads counted, over what the server answered',
    ...gridTables(comparison, (cell) => (cell.countedShare === null ? noData : shareText(cell.countedShare))),
    'A load counts fewer where requests were in flight at its end, or where it leaves its warm-up out of its totals.',
  ]);
}

/** What is known about how the loads count: each sentence once. */
function notesSection({ run, loads }: LoadComparison): string | null {
  const lines = loads.flatMap((load) => {
    const notes = notesOf(run, load, { all: false });
    const startMs = longestStartMs(run, load);
    const start =
      startMs === null
        ? []
        : [
            `It starts a process for each client, all of them within ${formatCount(Math.ceil(startMs))} ms in every repeat.`,
          ];
    return [...notes, ...start].map((note) => `- ${code(load)}: ${escapeText(note)}`);
  });
  return lines.length === 0 ? null : blocks(['## What a reader must know of the loads', lines.join('\n')]);
}

function failuresOf(page: PageAnalysis, links: Links): string | null {
  return failedRepeats(page.run, page.grid.load).length > 0
    ? failuresSection(page, links).replace('## Failures', `## Failures of ${code(page.grid.load)}`)
    : null;
}

function methodSection({ run, grids }: LoadComparison, links: Links): string {
  const { manifest } = run;
  return blocks([
    '## Method',
    `${planText(manifest, Math.max(...grids.map((grid) => grid.blocks.length)), 'load at every concurrency')}. Intervals: Student's, over the logarithms of the blocks' figures.`,
    measureAgain(manifest),
    `${allFigures(links)}.`,
  ]);
}

const shareText = (share: number): string => `${formatCount(Math.round(1000 * share) / 10)} %`;
