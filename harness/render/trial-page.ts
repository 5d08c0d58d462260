import { fitThresholds, fittedNames, type Fit, type FittedName } from '../analysis/fit.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { fitted } from '../analysis/thresholds.ts';
import { confusion, isRight, scoreOf, trialCells, type Score, type TrialCell } from '../analysis/trial.ts';
import { causes, type Cause } from '../core/scenario.ts';
import { formatShare, listOf, noData, plural } from './format.ts';
import type { Links } from './links.ts';
import { blocks, code, details, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { measureAgain } from './sections/method.ts';
import { shortCause, verdictSentence } from './verdict-text.ts';

/** What a trial promises: of clean cells at most so many with a cause that nobody made, of the others at least so many recognised. */
const promised = { falselyAlarmed: 0.05, recognised: 0.95 } as const;

/** The page about a run whose cells are made to be limited by known causes. */
export function renderTrialPage(page: PageAnalysis, pageName: string, runPath: string): RenderedFiles {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const cells = trialCells(page.run, page.grid);
  const tested = cells.filter(({ half }) => half === 'test');
  const text = blocks([
    firstScreen(page, scoreOf(tested)),
    confusionSection(tested, scoreOf(tested)),
    mistakesSection(tested),
    thresholdsSection(fitThresholds(cells), cells),
    everyCell(cells),
    failuresSection(page, links),
    environmentSection(page),
    blocks(['## Method', methodText(), measureAgain(page.run.manifest), filesText(links)]),
  ]);
  return new Map([[`${pageName}.md`, `${text}\n`]]);
}

/** The heading of the page, also for the index. */
export function trialTitle(page: PageAnalysis): string {
  const score = scoreOf(trialCells(page.run, page.grid).filter(({ half }) => half === 'test'));
  if (score.made === 0 || score.clean === 0) return page.run.manifest.scenario.title;
  return `Verdicts name the cause in ${score.recognised} of ${score.made} cells that were made to fail, first of all in ${score.primary}, and raise ${plural(score.falselyAlarmed, 'false alarm')} in ${score.clean} clean ones`;
}

function firstScreen(page: PageAnalysis, score: Score): string {
  const { scenario } = page.run.manifest;
  return blocks([
    `# ${escapeText(trialTitle(page))}`,
    `*${escapeText(scenario.title)}* ${escapeText(scenario.question)} Each cell of this run was limited on purpose, by a control group that holds the load generator back, a short queue, few ports, a narrow link, a busy loop, a client that stalls, or a server that answers wrongly, each at several strengths; others are clean. What was done is held against the verdict that the rules reach from the record alone.`,
    `Thresholds were chosen on one half of the cells. The other half is counted here: of ${plural(score.made, 'cell')} that were made to fail ${score.recognised} were recognised (${shareOf(score.recognised, score.made)}; promised are ${formatShare(promised.recognised)}): every cause that was made is among those named, in ${score.primary} of them as the primary verdict; in ${score.otherAlarms} of them another alarm stands beside it. Further, of ${plural(score.clean, 'clean cell')} ${score.falselyAlarmed} got a cause that nobody made (${shareOf(score.falselyAlarmed, score.clean)}; allowed are ${formatShare(promised.falselyAlarmed)}).`,
  ]);
}

const shareOf = (part: number, whole: number): string => (whole === 0 ? noData : formatShare(part / whole));
const made = (expected: readonly Cause[]): string =>
  expected.length === 0 ? 'nothing' : listOf(expected.map(shortCause));

function confusionSection(cells: readonly TrialCell[], score: Score): string {
  const rows = confusion(cells);
  const columns = causes.filter((cause) => rows.some(({ counts }) => counts.has(cause)));
  return blocks([
    '## The confusion matrix',
    table(
      ['made to be', 'cells', ...columns.map(shortCause), 'right'],
      rows.map((row) => [
        made(row.expected),
        String(row.cells),
        ...columns.map((cause) => String(row.counts.get(cause) ?? '')),
        `${row.recognised} of ${row.cells}`,
      ]),
      ['l', 'r', ...columns.map(() => 'r' as const), 'r'],
    ),
    `Columns: the primary verdict. Right: every cause that was made is the primary verdict or stands beside it, and in a clean cell no other alarm does (concurrency-bound, server-bound, unsteady, noisy and undetermined are none). In all ${score.made + score.clean} cells.`,
  ]);
}

function mistakesSection(cells: readonly TrialCell[]): string {
  const wrong = cells.filter((cell) => !isRight(cell));
  return blocks([
    '## Where they were wrong',
    wrong.length === 0
      ? 'Nowhere in this half.'
      : table(
          ['cell', 'made to be', 'verdict and evidence'],
          wrong.map(({ cell, expected }) => [
            `${escapeText(cell.series.label)} at ${cell.concurrency}`,
            made(expected),
            escapeText(verdictSentence(cell.verdict)),
          ]),
          ['l', 'l', 'l'],
        ),
  ]);
}

const thresholdTexts: Record<FittedName, string> = {
  throttled: 'a quota held the generator back for this share of the window',
  backoff: 'this share of the clients waited for a retransmission',
  blocked: 'in this share of the samples the server slept on one client while others waited',
  portFailures: 'this share of the requests found no local port',
  heldBack: 'a traffic shaper held back this share of the packets',
  strangers: "something else used this share of a host's cores",
  failures: 'this share of the requests failed',
};

function thresholdsSection(fits: readonly Fit[], cells: readonly TrialCell[]): string {
  const half = cells.filter((cell) => cell.half === 'fit').length;
  return blocks([
    '## The thresholds',
    table(
      ['from where on', 'in use', 'the gap around it', 'cells on its wrong side'],
      fittedNames.map((name) => {
        const fit = fits.find((one) => one.name === name);
        return [
          thresholdTexts[name],
          formatShare(fitted[name]),
          fit ? `${formatShare(fit.below)} to ${formatShare(fit.above)}` : noData,
          fit ? `${fit.wrong} of ${fit.cells}` : noData,
        ];
      }),
      ['l', 'r', 'r', 'r'],
    ),
    `From ${plural(half, 'cell')} of the other half: the value with the fewest cells on its wrong side, in the middle of the widest gap. Shares below 0.1 % are taken for 0.1 %. Not fitted: a side is full from ${formatShare(fitted.serverFull)} of what it can use on, a load near its limit from ${formatShare(fitted.ceiling)} of its ceiling, a link from ${formatShare(fitted.linkFull)} of what it can carry.`,
  ]);
}

function everyCell(cells: readonly TrialCell[]): string {
  return details(
    'Every cell of both halves',
    table(
      ['cell', 'half', 'made to be', 'verdict and evidence'],
      cells.map(({ cell, half, expected }) => [
        `${escapeText(cell.series.label)} at ${cell.concurrency}`,
        half,
        made(expected),
        escapeText(verdictSentence(cell.verdict)),
      ]),
      ['l', 'l', 'l', 'l'],
    ),
  );
}

function methodText(): string {
  return `Cells of a kind are dealt to the two halves by the Thue-Morse sequence, in the order of their names. Clean cells have 50 µs of work a request, so that no server is faster than the load. ${code('npm run verdicts:fit')} chooses the thresholds again from the newest run of this scenario.`;
}

const filesText = ({ run }: Links): string =>
  `All figures: [one row a cell](${run}/cells.csv), [one row a repeat](${run}/repeats.csv), [the journal](${run}/records.ndjson), [the manifest](${run}/manifest.json), with what was done in each condition.`;
