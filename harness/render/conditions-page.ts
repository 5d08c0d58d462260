import type { ConditionCell, ConditionComparison } from '../analysis/conditions.ts';
import type { Interval } from '../analysis/intervals.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { present } from '../analysis/statistics.ts';
import { boldLines, disturbedCells, runCaveats } from './caveats.ts';
import { formatCount, formatRatio, formatShare, formatWhole, listOf, noData, plural } from './format.ts';
import { intervalCell, rangeText } from './interval-text.ts';
import type { Links } from './links.ts';
import { blocks, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { allFigures, measureAgain, planText } from './sections/method.ts';

/** The page about a run that measured the same servers under several conditions. */
export function renderConditionsPage(
  comparison: ConditionComparison,
  page: PageAnalysis,
  pageName: string,
  runPath: string,
): RenderedFiles {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const { manifest } = comparison.run;
  const text = blocks([
    firstScreen(comparison),
    boldLines([...runCaveats(comparison.run), disturbedCells(comparison.cells.map(({ cell }) => cell))]),
    ratesSection(comparison),
    costSection(comparison),
    failuresSection(page, links),
    environmentSection(page),
    '## Method',
    `${planText(manifest, comparison.grid.blocks.length)}. Intervals: Student's, over the logarithms of the blocks' figures; ratios are taken within each block.`,
    measureAgain(manifest),
    `${allFigures(links)}.`,
  ]);
  return new Map([[`${pageName}.md`, `${text}\n`]]);
}

/** The heading of the page, also for the index. */
export function conditionsTitle({ run, overall }: ConditionComparison): string {
  const { title } = run.manifest.scenario;
  const ratio = overall.length === 1 ? overall[0]!.ratio : null;
  if (!ratio || ratio.low === null) return title;
  if (ratio.low >= 1) return `${title}: nothing that could be seen`;
  return `${title}: at most ${(Math.ceil(1000 * (1 - ratio.low)) / 10).toFixed(1)} % of the throughput`;
}

function firstScreen(comparison: ConditionComparison): string {
  const { run, conditions, cells, overall } = comparison;
  const { scenario } = run.manifest;
  const [first] = conditions;
  const sentences = cells
    .filter(({ ratio }) => ratio !== null)
    .map(
      ({ condition, label, concurrency, ratio }) =>
        `- ${escapeText(label)} at ${plural(concurrency, 'connection')}, ${escapeText(condition.label)}: ${ratioText(ratio!)} times the throughput.`,
    );
  const together = overall
    .filter(({ ratio }) => ratio !== null)
    .map(
      ({ condition, ratio }) =>
        `- All cells together, ${escapeText(condition.label)}: **${ratioText(ratio!)}** times the throughput.`,
    );
  return blocks([
    `# ${escapeText(conditionsTitle(comparison))}`,
    `*${escapeText(scenario.title)}.* ${escapeText(scenario.question)} The same servers were measured under ${plural(conditions.length, 'condition')}: ${escapeText(listOf(conditions.map(({ label }) => label)))}, one after the other in random order within each block.`,
    first && sentences.length > 0
      ? [`Against ${escapeText(first.label)}, with 95 % intervals:`, '', ...sentences, ...together].join('\n')
      : null,
  ]);
}

function ratesSection({ cells, conditions }: ConditionComparison): string {
  const places = placesOf(cells);
  return blocks([
    '## Successful requests per second',
    table(
      ['', 'connections', ...conditions.map(({ label }) => escapeText(label)), 'ratio'],
      places.map((place) => [
        escapeText(place[0]!.label),
        formatCount(place[0]!.concurrency),
        ...conditions.map(({ id }) =>
          intervalCell(place.find(({ condition }) => condition.id === id)?.requestsPerSecond, formatWhole),
        ),
        present(place.map(({ ratio }) => ratio && ratioText(ratio))).join('<br>') || noData,
      ]),
      ['l', 'r', ...conditions.map(() => 'r' as const), 'r'],
    ),
  ]);
}

/** What the harness and its samplers used themselves; the samplers run on the cores of the host that they look at. */
function costSection({ cells }: ConditionComparison): string | null {
  const watched = cells.filter(
    ({ harnessShare, samplersShare }) => harnessShare !== null || samplersShare !== null,
  );
  if (watched.length === 0) return null;
  const share = (value: number | null): string => (value === null ? noData : formatShare(value));
  return blocks([
    '## What the harness used itself',
    table(
      ['', 'connections', '', 'harness', 'samplers'],
      watched.map(({ label, concurrency, condition, harnessShare, samplersShare }) => [
        escapeText(label),
        formatCount(concurrency),
        escapeText(condition.label),
        share(harnessShare),
        share(samplersShare),
      ]),
      ['l', 'r', 'l', 'r', 'r'],
    ),
    "CPU time as a share of one core, medians of the blocks. The harness's is that within the window. The samplers' is that of their whole life, start and end included, over warm-up and window; they run on the cores of the host that they look at. Without probes nobody looks.",
  ]);
}

/** The cells of each variant at each concurrency, in the order of the conditions. */
function placesOf(cells: readonly ConditionCell[]): ConditionCell[][] {
  const places = new Map<string, ConditionCell[]>();
  for (const cell of cells) {
    const place = `${cell.variant} ${cell.concurrency}`;
    places.set(place, [...(places.get(place) ?? []), cell]);
  }
  return [...places.values()];
}

/** A ratio near 1 with three decimals: it is small differences that are asked for here. */
const formatNear = (value: number): string =>
  Math.abs(value - 1) < 0.2 ? value.toFixed(3) : formatRatio(value);

const ratioText = (ratio: Interval): string => formatNear(ratio.estimate) + rangeText(ratio, formatNear);
