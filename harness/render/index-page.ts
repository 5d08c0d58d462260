import { compareText } from '../analysis/attempts.ts';
import type { Grid } from '../analysis/cells.ts';
import { coverageOf } from '../analysis/headline.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import { isOnMachines, placedName } from '../analysis/places.ts';
import { present, sum } from '../analysis/statistics.ts';
import { historyChart } from './charts/history.ts';
import type { Chart } from './charts/svg.ts';
import { formatInstant, listOf, plural } from './format.ts';
import { historyOf, type History } from './history.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentText } from './sections/environment.ts';
import { questionsSection, type Answer } from './sections/questions.ts';
import { subjectTitle, type Subject } from './subject.ts';
import type { Question } from '../core/hypothesis.ts';
import type { SeedTables } from '../core/journal.ts';

/** One load of one run, or a comparison of its loads, and where the index finds it. */
export interface IndexEntry {
  readonly subject: Subject;
  /** From the index to the run's directory. */
  readonly runPath: string;
  /** The page that shows this run; null where a newer one of the same scenario and load has it. */
  readonly pageName: string | null;
}

/** The page's name, and that of the directory of its charts. */
export const indexName = 'index';

/** The side page with all runs, in the directory of the index. */
const runsName = 'runs';

/** From that page to the one that the index is beside. */
const up = '..';

/** Questions and answers, and all pages; beside it all runs of each scenario, what each found, and how its ratios went from run to run. */
export async function renderIndex(
  entries: readonly IndexEntry[],
  questions: readonly Question[],
  seed: SeedTables,
): Promise<RenderedFiles> {
  const newestFirst = [...entries].sort(
    (a, b) =>
      compareText(createdAt(b), createdAt(a)) ||
      compareText(a.runPath, b.runPath) ||
      compareText(loadsOf(a), loadsOf(b)),
  );
  const names = [...new Set(entries.map(groupName))].sort(compareText);
  const scenarios = names.map((name) =>
    withHistory(newestFirst.filter((entry) => groupName(entry) === name)),
  );
  const text = blocks([
    '# Reports',
    questionsSection(answersOf(entries), questions, seed, estimatedMsOf(entries)),
    '## All reports',
    `One page for each scenario and load, made from its newest run; [all runs](${indexName}/${runsName}.md) have a page of their own. Every figure stands in the repository beside the raw output that it comes from, and \`npx tsx harness/report.ts\` makes these pages from it again.`,
    entries.length === 0
      ? 'Nothing has been measured yet.'
      : scenarios
          .map(pagesText)
          .filter((text) => text !== '')
          .join('\n'),
  ]);
  const runs = blocks([
    '# All runs',
    `Of each scenario, newest first. The [index](${up}/${indexName}.md) has the questions that they answer.`,
    ...scenarios.map(scenarioSection),
  ]);
  const charts = present(scenarios.map(({ chart }) => chart));
  return new Map([
    [`${indexName}.md`, `${text}\n`],
    [`${indexName}/${runsName}.md`, `${runs}\n`],
    ...(await chartFiles(indexName, charts)),
  ]);
}

/** What each page decides; runs that have no page have been made again since. */
const answersOf = (entries: readonly IndexEntry[]): Answer[] =>
  // Of two that answer the same claim the first counts.
  [false, true]
    .flatMap((onMachines) => entries.filter((entry) => isOnMachines(manifestOf(entry)) === onMachines))
    .flatMap(({ subject, pageName }) =>
      pageName === null || !('hypotheses' in subject)
        ? []
        : subject.hypotheses.map((result) => ({
            result,
            pageName,
            scenario: subject.run.manifest.scenario.name,
          })),
    );

/** How long the shown runs of scenarios that state hypotheses were to take together. */
const estimatedMsOf = (entries: readonly IndexEntry[]): number =>
  sum(
    [
      ...new Set(
        entries
          .filter(
            ({ subject, pageName }) =>
              pageName !== null && 'hypotheses' in subject && subject.hypotheses.length > 0,
          )
          .map(({ subject }) => subject.run.manifest),
      ),
    ].map(({ estimatedMs }) => estimatedMs),
  );

const createdAt = ({ subject }: IndexEntry): string => subject.run.manifest.createdAt;
const scenarioOf = ({ subject }: IndexEntry) => subject.run.manifest.scenario;
const scenarioName = (entry: IndexEntry): string => scenarioOf(entry).name;
const loadsOf = ({ subject }: IndexEntry): string =>
  ('loads' in subject ? subject.loads : [subject.grid.load]).map(code).join(', ');

const manifestOf = ({ subject }: IndexEntry) => subject.run.manifest;
/** Of what stands in one table. */
const groupName = (entry: IndexEntry): string => placedName(manifestOf(entry));

/** The runs of one scenario on one kind of hosts, newest first, with what they tell together. */
interface ScenarioRuns {
  readonly entries: readonly IndexEntry[];
  readonly history: History | null;
  readonly chart: Chart | null;
}

function withHistory(entries: readonly IndexEntry[]): ScenarioRuns {
  const history = historyOf(
    entries.map(({ subject, runPath }) => ({ subject, name: runPath.split('/').at(-1)! })),
  );
  return {
    entries,
    history,
    chart: history && historyChart(history, { ...scenarioOf(entries[0]!), name: groupName(entries[0]!) }),
  };
}

/** The pages of a scenario, a line each. */
const pagesText = ({ entries }: ScenarioRuns): string =>
  entries
    .filter((entry) => entry.pageName !== null)
    .sort((a, b) => compareText(a.pageName!, b.pageName!))
    .map(
      (entry) =>
        `- [${escapeText(subjectTitle(entry.subject))}](${linkPath(entry.pageName!)}.md) (${code(scenarioName(entry))}, load ${loadsOf(entry)})`,
    )
    .join('\n');

function scenarioSection({ entries, history, chart }: ScenarioRuns): string {
  const scenario = scenarioOf(entries[0]!);
  return blocks([
    `## ${escapeText(scenario.title)}${isOnMachines(manifestOf(entries[0]!)) ? ', on machines by ssh' : ''}`,
    escapeText(scenario.question),
    table(['run', 'headline', 'load', 'measured', 'environment', 'commit'], entries.map(entryRow), [
      'l',
      'l',
      'l',
      'l',
      'l',
      'l',
    ]),
    chart && picture(chart, '.'),
    history && chart && historyText(history, chart),
  ]);
}

function entryRow(entry: IndexEntry): string[] {
  const { subject, runPath } = entry;
  const { environment, createdAt: measured, git } = subject.run.manifest;
  return [
    `[${formatInstant(measured)}](${linkPath(`${up}/${runPath}`)})`,
    escapeText(headlineText(subject)),
    loadsOf(entry),
    coverageText(subject),
    environmentText(environment) +
      (environment.sharedCores.length > 0 ? ', **Tom and Jerry share a core**' : ''),
    git.commit === null ? 'unknown' : code(git.commit.slice(0, 7)) + (git.dirty === true ? ', changed' : ''),
  ];
}

/** The title of its page without the scenario's, which stands above the table. */
function headlineText(subject: Subject): string {
  const { title } = subject.run.manifest.scenario;
  const headline = subjectTitle(subject);
  if (headline === title) {
    const most = Math.max(...gridsOf(subject).map((grid) => grid.blocks.length));
    return most < fewestForInterval ? 'too few blocks to say' : 'nothing that stands out';
  }
  return headline.startsWith(title) ? headline.slice(title.length).replace(/^[:,] /, '') : headline;
}

const gridsOf = (subject: Subject): readonly Grid[] => ('grids' in subject ? subject.grids : [subject.grid]);

function coverageText(subject: Subject): string {
  const coverages = gridsOf(subject).map(coverageOf);
  const failed = sum(coverages.map((coverage) => coverage.failed));
  return [
    escapeText(subject.run.manifest.planName),
    plural(Math.max(...coverages.map((coverage) => coverage.blocks)), 'block'),
    plural(sum(coverages.map((coverage) => coverage.cells)), 'cell'),
    ...(failed > 0 ? [`**${failed} failed**`] : []),
  ].join(', ');
}

/** What the chart leaves out, and in what its runs differ. */
function historyText({ labels, allLabels, circumstances }: History, { name }: Chart): string {
  const some =
    allLabels > labels.length
      ? ` Of ${allLabels} lines it shows ${labels.length}, those that the headline names before all: ${listOf(labels.map(escapeText))}.`
      : '';
  const differing =
    circumstances.size > 1
      ? [...circumstances].map(([letter, facts]) => `- ${letter}: ${escapeText(facts)}`).join('\n')
      : null;
  return blocks([
    `The chart's [data](${linkPath(name)}.vl.json).${some}${differing === null ? '' : ' Its letters:'}`,
    differing,
  ]);
}
