import { compareText } from '../analysis/attempts.ts';
import type { Grid } from '../analysis/cells.ts';
import { coverageOf } from '../analysis/headline.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import { present, sum } from '../analysis/statistics.ts';
import { historyChart } from './charts/history.ts';
import type { Chart } from './charts/svg.ts';
import { formatInstant, listOf, plural } from './format.ts';
import { historyOf, type History } from './history.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentText } from './sections/environment.ts';
import { certaintyOf, conclusionOf, firstObstacle } from './sections/hypotheses.ts';
import { subjectTitle, type Subject } from './subject.ts';
import type { Question } from '../core/hypothesis.ts';

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

/** All runs of each scenario, newest first, what each found, and how its ratios went from run to run. */
export async function renderIndex(
  entries: readonly IndexEntry[],
  questions: readonly Question[],
): Promise<RenderedFiles> {
  const newestFirst = [...entries].sort(
    (a, b) =>
      compareText(createdAt(b), createdAt(a)) ||
      compareText(a.runPath, b.runPath) ||
      compareText(loadsOf(a), loadsOf(b)),
  );
  const names = [...new Set(entries.map((entry) => scenarioName(entry)))].sort(compareText);
  const scenarios = names.map((name) =>
    withHistory(newestFirst.filter((entry) => scenarioName(entry) === name)),
  );
  const text = blocks([
    '# Reports',
    questionsSection(entries, questions),
    'One page for each scenario and load, made from its newest run; below, all runs. Every figure stands in the repository beside the raw output that it comes from, and `npx tsx harness/report.ts` makes these pages from it again.',
    entries.length === 0 ? 'Nothing has been measured yet.' : null,
    ...scenarios.map(scenarioSection),
  ]);
  const charts = present(scenarios.map(({ chart }) => chart));
  return new Map([[`${indexName}.md`, `${text}\n`], ...(await chartFiles(indexName, charts))]);
}

/** What the questions take for granted. */
const glossary = [
  'What the words mean:',
  '',
  `- **Serial server**: one process that takes one connection after the other and waits for each (blocking ${code('accept')}, ${code('recv')}, ${code('writev')}, ${code('close')}). **Pre-forked server**: a parent that watches the listening socket and tells one of its workers (a **notice**) that somebody waits; the worker accepts and answers many connections at once with epoll.`,
  `- **Clients**: so many connections are open at once, each for one request. **Accept queue**: connections that the kernel has completed and nobody has accepted yet; the **backlog** says how many fit. What comes while it is full is dropped (**overflow**), and its client waits for a timer.`,
  `- **Level-triggered**: told again as long as anybody waits; **edge-triggered**: told once when somebody comes.`,
  `- **The seed**: that experiment, its figures and its note. **The fall**: what became of its serial server from 5 to 10 clients.`,
  `- Ratios such as 0.64× (0.45–0.91) are estimates with their 95 % interval.`,
].join('\n');

/** What the seed experiment left open, each question with the answers of the newest runs that were made for it. */
function questionsSection(entries: readonly IndexEntry[], questions: readonly Question[]): string | null {
  const answers = entries.flatMap(({ subject, pageName }) =>
    pageName === null || !('hypotheses' in subject)
      ? []
      : subject.hypotheses.map((result) => ({ result, pageName, scenario: subject.run.manifest.scenario })),
  );
  if (answers.length === 0) return null;
  const answered = questions.map(({ id, question }) => {
    const own = answers.filter(({ result }) => result.hypothesis.question === id);
    const each = own.map(({ result, pageName, scenario }) =>
      [
        `  - ${escapeText(conclusionOf(result))}`,
        `<br><sub>**${result.outcome}** (${certaintyOf(result)}, [${escapeText(scenario.name)}](${linkPath(pageName)}.md)): ${escapeText(result.hypothesis.claim)}${firstObstacle(result)}</sub>`,
      ].join(''),
    );
    return [
      `- **${id}. ${escapeText(question)}**`,
      ...(each.length === 0 ? ['  - Not measured yet.'] : each),
    ].join('\n');
  });
  return blocks([
    '## What the experiment left open, and what the evidence says',
    'Somebody measured a serial and a pre-forked server by hand on two small virtual machines; at 10 clients the serial one fell to a quarter, and the note asks why. These are its questions (P1c is ours), each answered by runs that were made for it. Below each answer, in small letters: the claim that was tested, and what became of it. It is supported or refuted where the whole 95 % interval of each of its figures lies beyond a limit that was set before the run.',
    glossary,
    'The questions, and what was found:',
    answered.join('\n'),
  ]);
}

const createdAt = ({ subject }: IndexEntry): string => subject.run.manifest.createdAt;
const scenarioOf = ({ subject }: IndexEntry) => subject.run.manifest.scenario;
const scenarioName = (entry: IndexEntry): string => scenarioOf(entry).name;
const loadsOf = ({ subject }: IndexEntry): string =>
  ('loads' in subject ? subject.loads : [subject.grid.load]).map(code).join(', ');

/** The runs of one scenario, newest first, with what they tell together. */
interface ScenarioRuns {
  readonly entries: readonly IndexEntry[];
  readonly history: History | null;
  readonly chart: Chart | null;
}

function withHistory(entries: readonly IndexEntry[]): ScenarioRuns {
  const history = historyOf(
    entries.map(({ subject, runPath }) => ({ subject, name: runPath.split('/').at(-1)! })),
  );
  return { entries, history, chart: history && historyChart(history, scenarioOf(entries[0]!)) };
}

function scenarioSection({ entries, history, chart }: ScenarioRuns): string {
  const scenario = scenarioOf(entries[0]!);
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
    table(['run', 'headline', 'load', 'measured', 'environment', 'commit'], entries.map(entryRow), [
      'l',
      'l',
      'l',
      'l',
      'l',
      'l',
    ]),
    chart && picture(chart, indexName),
    history && chart && historyText(history, chart),
  ]);
}

function entryRow(entry: IndexEntry): string[] {
  const { subject, runPath } = entry;
  const { environment, createdAt: measured, git } = subject.run.manifest;
  return [
    `[${formatInstant(measured)}](${linkPath(runPath)})`,
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
    `The chart's [data](${indexName}/${linkPath(name)}.vl.json).${some}${differing === null ? '' : ' Its letters:'}`,
    differing,
  ]);
}
