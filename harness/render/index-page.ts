import type { PageAnalysis } from '../analysis/page.ts';
import type { Headline, Region } from '../analysis/headline.ts';
import { formatInstant, formatRatio, noData, plural } from './format.ts';
import { opening } from './headline.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';

/** One load of one run, and where the index finds it. */
export interface IndexEntry {
  readonly page: PageAnalysis;
  /** From the index to the run's directory. */
  readonly runPath: string;
  /** The page that shows this run; null where a newer one of the same scenario and load has it. */
  readonly pageName: string | null;
}

/** All runs of each scenario, newest first, and what each found. */
export function renderIndex(entries: readonly IndexEntry[]): string {
  const newestFirst = [...entries].sort(
    (a, b) =>
      compareText(createdAt(b), createdAt(a)) ||
      compareText(a.runPath, b.runPath) ||
      compareText(a.page.grid.load, b.page.grid.load),
  );
  const names = [...new Set(entries.map((entry) => scenarioName(entry)))].sort(compareText);
  return `${blocks([
    '# Reports',
    'One page for each scenario and load, made from its newest run; below, all runs. Every figure stands in the repository beside the raw output that it comes from, and `npx tsx harness/report.ts` makes these pages from it again.',
    entries.length === 0 ? 'Nothing has been measured yet.' : null,
    ...names.map((name) => scenarioSection(newestFirst.filter((entry) => scenarioName(entry) === name))),
  ])}\n`;
}

const createdAt = ({ page }: IndexEntry): string => page.run.manifest.createdAt;
const scenarioName = ({ page }: IndexEntry): string => page.run.manifest.scenario.name;
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function scenarioSection(entries: readonly IndexEntry[]): string {
  const { scenario } = entries[0]!.page.run.manifest;
  const pages = entries
    .filter((entry) => entry.pageName !== null)
    .sort((a, b) => compareText(a.pageName!, b.pageName!));
  return blocks([
    `## ${escapeText(scenario.title)}`,
    escapeText(scenario.question),
    pages
      .map(
        ({ page, pageName }) =>
          `- [${escapeText(opening(page).title)}](${linkPath(pageName!)}.md) (load ${code(page.grid.load)})`,
      )
      .join('\n'),
    table(
      [
        'run',
        'load',
        'plan',
        'where',
        `over ${escapeText(scenario.baseline)}, without overflow of its queue`,
        'with overflow',
      ],
      entries.map((entry) => entryRow(entry, scenario.baseline)),
      ['l', 'l', 'l', 'l', 'l', 'l'],
    ),
  ]);
}

/** `baseline` is the one that the table's header names; a run without it says over whom its ratios are. */
function entryRow({ page, runPath }: IndexEntry, baseline: string): string[] {
  const { manifest } = page.run;
  const { environment } = manifest;
  const { coverage, overflow, regions } = page.headline;
  const failed = coverage.failed > 0 ? `, ${coverage.failed} failed` : '';
  const where = `${environment.cpuModel}, ${environment.cpuCount} CPUs, kernel ${environment.kernel}, ${environment.hostKind}`;
  const shared = environment.sharedCores.length > 0 ? ', **Tom and Jerry share a core**' : '';
  const allClean = overflow.some(
    (pattern) => pattern.series === page.headline.baseline && pattern.kind === 'never',
  );
  const region = (kind: Region['kind']): Region | undefined => regions.find((one) => one.kind === kind);
  return [
    `[${formatInstant(manifest.createdAt)}](${linkPath(runPath)})`,
    code(page.grid.load),
    `${escapeText(manifest.planName)}, ${plural(coverage.blocks, 'block')}, ${plural(coverage.cells, 'cell')}${failed}`,
    escapeText(where) + shared,
    ratiosText(region('clean') ?? (allClean ? region('all') : undefined), page.headline, baseline),
    ratiosText(region('overflowed') ?? (allClean ? undefined : region('all')), page.headline, baseline),
  ];
}

function ratiosText(region: Region | undefined, { baseline }: Headline, expected: string): string {
  if (!region || !baseline || region.ratios.length === 0) return noData;
  const over = baseline.variant === expected ? '' : ` over ${escapeText(baseline.label)}`;
  return region.ratios
    .map(({ series, ratio: { spread } }) => {
      const range = spread.count > 1 ? ` (${formatRatio(spread.min)}–${formatRatio(spread.max)})` : '';
      return `${escapeText(series.label)} ${formatRatio(spread.median)}${range}${over}`;
    })
    .join('<br>');
}
