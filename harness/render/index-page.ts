import { compareText } from '../analysis/attempts.ts';
import { coverageOf, type Headline, type Region } from '../analysis/headline.ts';
import { sum } from '../analysis/statistics.ts';
import { rangeText } from './interval-text.ts';
import { formatInstant, formatRatio, noData, plural } from './format.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import { subjectTitle, type Subject } from './subject.ts';

/** One load of one run, or a comparison of its loads, and where the index finds it. */
export interface IndexEntry {
  readonly subject: Subject;
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
      compareText(loadsOf(a), loadsOf(b)),
  );
  const names = [...new Set(entries.map((entry) => scenarioName(entry)))].sort(compareText);
  return `${blocks([
    '# Reports',
    'One page for each scenario and load, made from its newest run; below, all runs. Every figure stands in the repository beside the raw output that it comes from, and `npx tsx harness/report.ts` makes these pages from it again.',
    entries.length === 0 ? 'Nothing has been measured yet.' : null,
    ...names.map((name) => scenarioSection(newestFirst.filter((entry) => scenarioName(entry) === name))),
  ])}\n`;
}

const createdAt = ({ subject }: IndexEntry): string => subject.run.manifest.createdAt;
const scenarioName = ({ subject }: IndexEntry): string => subject.run.manifest.scenario.name;
const loadsOf = ({ subject }: IndexEntry): string =>
  ('loads' in subject ? subject.loads : [subject.grid.load]).map(code).join(', ');

function scenarioSection(entries: readonly IndexEntry[]): string {
  const { scenario } = entries[0]!.subject.run.manifest;
  const pages = entries
    .filter((entry) => entry.pageName !== null)
    .sort((a, b) => compareText(a.pageName!, b.pageName!));
  return blocks([
    `## ${escapeText(scenario.title)}`,
    escapeText(scenario.question),
    pages
      .map(
        (entry) =>
          `- [${escapeText(subjectTitle(entry.subject))}](${linkPath(entry.pageName!)}.md) (load ${loadsOf(entry)})`,
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
function entryRow(entry: IndexEntry, baseline: string): string[] {
  const { subject, runPath } = entry;
  const { environment, createdAt: measured, planName } = subject.run.manifest;
  const where = `${environment.cpuModel}, ${environment.cpuCount} CPUs, kernel ${environment.kernel}, ${environment.hostKind}`;
  const shared = environment.sharedCores.length > 0 ? ', **Tom and Jerry share a core**' : '';
  const coverages = ('grids' in subject ? subject.grids : [subject.grid]).map(coverageOf);
  const failed = sum(coverages.map((coverage) => coverage.failed));
  const blockCount = Math.max(...coverages.map((coverage) => coverage.blocks));
  const cells = sum(coverages.map((coverage) => coverage.cells));
  return [
    `[${formatInstant(measured)}](${linkPath(runPath)})`,
    loadsOf(entry),
    `${escapeText(planName)}, ${plural(blockCount, 'block')}, ${plural(cells, 'cell')}${failed > 0 ? `, ${failed} failed` : ''}`,
    escapeText(where) + shared,
    ...('headline' in subject ? ratioColumns(subject.headline, baseline) : [noData, noData]),
  ];
}

/** Over the baseline, without and with overflow of its queue. */
function ratioColumns(headline: Headline, expected: string): [string, string] {
  const { overflow, regions, baseline } = headline;
  const allClean = overflow.some((pattern) => pattern.series === baseline && pattern.kind === 'never');
  const region = (kind: Region['kind']): Region | undefined => regions.find((one) => one.kind === kind);
  return [
    ratiosText(region('clean') ?? (allClean ? region('all') : undefined), headline, expected),
    ratiosText(region('overflowed') ?? (allClean ? undefined : region('all')), headline, expected),
  ];
}

function ratiosText(region: Region | undefined, { baseline }: Headline, expected: string): string {
  if (!region || !baseline || region.ratios.length === 0) return noData;
  const over = baseline.variant === expected ? '' : ` over ${escapeText(baseline.label)}`;
  return region.ratios
    .map(({ series, ratio: { interval } }) => {
      const range = rangeText(interval, formatRatio);
      return `${escapeText(series.label)} ${formatRatio(interval.estimate)}${range}${over}`;
    })
    .join('<br>');
}
