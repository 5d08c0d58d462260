import type { HypothesisResult } from '../../analysis/hypotheses.ts';
import type { Question } from '../../core/hypothesis.ts';
import type { SeedTables } from '../../core/journal.ts';
import { formatEstimate } from '../../core/units.ts';
import { withMeasured, withSeedFigures } from '../figures-in-text.ts';
import { blocks, code, escapeText, linkPath } from '../markdown.ts';
import { certaintyOf, conclusionOf, hardestObstacle, outcomesText, valueText } from './hypotheses.ts';

/** What became of one claim, and the page that shows it. */
export interface Answer {
  readonly result: HypothesisResult;
  readonly scenario: string;
  readonly pageName: string;
}

const minuteMs = 60_000;

/** The questions of the seed experiment and those beside it, each with its answer; null where no run was made for any. `estimatedMs` is how long all runs for them take. */
export function questionsSection(
  answers: readonly Answer[],
  questions: readonly Question[],
  seed: SeedTables,
  estimatedMs: number,
): string | null {
  if (answers.length === 0) return null;
  const part = (wanted: Question['part']): string[] =>
    questions.filter((one) => one.part === wanted).map((question) => questionText(question, answers, seed));
  return blocks([
    '## What the experiment left open, and what the evidence says',
    'Somebody measured a serial and a pre-forked server by hand on two small virtual machines; at 10 clients the serial one fell to a quarter, and the note asks why. These are its questions (P1c is ours), each held against its own 78 figures, and answered by runs that were made for it. Behind each answer stand claims, which are supported or refuted where the whole 95 % interval of each of their figures lies beyond a limit that was set before the run.',
    glossary,
    ...part('seed'),
    '## What else was asked',
    ...part('further'),
    `All of this is measured again by ${code('npm run notebook')}, in about ${formatEstimate(Math.round(estimatedMs / minuteMs) * minuteMs)}.`,
  ]);
}

/** What the questions take for granted. */
const glossary = [
  '<details>',
  '<summary>What the words mean</summary>',
  '',
  `- **Serial server**: one process that takes one connection after the other and waits for each (blocking ${code('accept')}, ${code('recv')}, ${code('writev')}, ${code('close')}). **Pre-forked server**: a parent that watches the listening socket and tells one of its workers (a **notice**) that somebody waits; the worker accepts and answers many connections at once with epoll.`,
  `- **Clients**: so many connections are open at once, each for one request. **Accept queue**: connections that the kernel has completed and nobody has accepted yet; the **backlog** says how many fit. What comes while it is full is dropped (**overflow**), and its client waits for a timer.`,
  `- **Level-triggered**: told again as long as anybody waits; **edge-triggered**: told once when somebody comes.`,
  `- **The seed**: that experiment, its figures and its note. **The fall**: what became of its serial server from 5 to 10 clients.`,
  `- Ratios such as 0.64× (0.45–0.91) are estimates with their 95 % interval.`,
  '',
  '</details>',
].join('\n');

function questionText(
  { id, question, answered_by: answeredBy, on_seed: onSeed, remark }: Question,
  answers: readonly Answer[],
  seed: SeedTables,
): string {
  const own = answers.filter(({ result }) => result.hypothesis.question === id);
  const main = answeredBy.flatMap((name) => answers.find((answer) => nameOf(answer) === name) ?? []);
  return blocks([
    `### ${id}. ${escapeText(question)}`,
    main.length === 0 ? 'Not measured yet.' : main.map(answerText).join(' '),
    main.length === 0 || remark === '' ? null : escapeText(withMeasured(remark, figuresOf(answers))),
    onSeed === '' ? null : `*The seed's own figures:* ${escapeText(withSeedFigures(onSeed, seed))}`,
    own.length === 0
      ? null
      : [
          '<details>',
          `<summary>What was claimed, and what became of it: ${outcomesText(own.map(({ result }) => result))}</summary>`,
          '',
          ...own.map(claimText),
          '',
          '</details>',
        ].join('\n'),
  ]);
}

/** The texts of all figures that were judged, by the names that remarks have for them. */
const figuresOf = (answers: readonly Answer[]): Map<string, string> =>
  new Map(
    answers.flatMap((answer) =>
      answer.result.tests.map((test): [string, string] => [
        `${nameOf(answer)}/${test.test.id}`,
        valueText(test),
      ]),
    ),
  );

const nameOf = ({ scenario, result }: Answer): string => `${scenario}/${result.hypothesis.id}`;

/** A conclusion, how sure it is, and where it is shown. */
function answerText({ result, scenario, pageName }: Answer): string {
  const link = `[${escapeText(scenario)}](${linkPath(pageName)}.md)`;
  const undecided = result.outcome === 'undecided' ? 'undecided, ' : '';
  return `${escapeText(conclusionOf(result))} <sub>(${undecided}${certaintyOf(result)}, ${link})</sub>`;
}

const claimText = (answer: Answer): string =>
  `- **${answer.result.outcome}:** ${escapeText(answer.result.hypothesis.claim)}${hardestObstacle(answer.result)}<br>${answerText(answer)}`;
