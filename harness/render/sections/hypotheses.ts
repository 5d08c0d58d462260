import { figures } from '../../analysis/figures.ts';
import { type HypothesisResult, type Outcome, type TestResult } from '../../analysis/hypotheses.ts';
import { obstaclesOf, type Obstacle } from '../../analysis/undecided.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { present } from '../../analysis/statistics.ts';
import type { HypothesisTest, Range, SeedTest } from '../../core/hypothesis.ts';
import { formatCount, formatRatio, formatShare, noData, plural } from '../format.ts';
import { bordersOf } from '../interval-text.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';
import { tallyText } from '../verdict-text.ts';

/** What the run was to decide, and what it came to: claim, figures against their limits, conclusion. */
export function hypothesesSection(results: readonly HypothesisResult[]): string | null {
  if (results.length === 0) return null;
  return blocks([
    '## Hypotheses',
    `Stated in the scenario, and so in the manifest, before the run. Each figure is held against two limits: the claim is supported where its whole 95 % interval lies beyond the one, refuted where it lies beyond the other, else undecided; fewer than ${fewestForInterval} blocks decide nothing.`,
    ...results.map(hypothesisText),
  ]);
}

function hypothesisText(result: HypothesisResult): string {
  const { hypothesis, outcome, tests, onSeed, cells } = result;
  return blocks([
    `### ${escapeText(hypothesis.question)}: ${outcome}`,
    `*Claim (${escapeText(hypothesis.source)}):* ${escapeText(hypothesis.claim)}`,
    table(
      ['', 'figure', 'supports', 'refutes', 'outcome'],
      [...tests.map(testRow), ...(onSeed?.tests ?? []).map(seedRow)],
      ['l', 'r', 'r', 'r', 'l'],
    ),
    `**${escapeText(conclusionOf(result))}**`,
    obstaclesText(result),
    present([
      seedSentence(outcome, onSeed?.outcome ?? null),
      cells.length > 0
        ? `What limited its ${plural(cells.length, 'cell')}: ${tallyText(cells.map(({ verdict }) => verdict))}.`
        : null,
      hypothesis.caveat,
    ])
      .map(escapeText)
      .join(' '),
  ]);
}

/** Why nothing was decided, and what it would take; null where something was. */
function obstaclesText(result: HypothesisResult): string | null {
  const obstacles = obstaclesOf(result);
  if (obstacles.length === 0) return null;
  const lines = obstacles.map(
    ([test, obstacle]) => `- ${escapeText(test.what)}: ${obstacleText(obstacle, result)}`,
  );
  return `Why it is undecided, and what it would take:\n\n${lines.join('\n')}`;
}

/**
 * Why an undecided result is undecided, and what would decide it: of the figure that it takes most for. Empty for the
 * others.
 */
export function hardestObstacle(result: HypothesisResult): string {
  const cost = (obstacle: Obstacle): number =>
    obstacle.kind === 'too-wide' ? (obstacle.blocks ?? Infinity) : Infinity;
  const obstacles = obstaclesOf(result);
  if (obstacles.length === 0) return '';
  const [{ what }, hardest] = obstacles.reduce((most, one) => (cost(one[1]) > cost(most[1]) ? one : most));
  return ` Undecided, since of “${escapeText(what)}” ${obstacleText(hardest, result)}`;
}

function obstacleText(obstacle: Obstacle, { cells }: HypothesisResult): string {
  switch (obstacle.kind) {
    case 'not-measured':
      return 'it was not measured in this run.';
    case 'disturbed':
      return 'something else used the cores; measure again on a quiet machine.';
    case 'too-few-blocks':
      return `an interval takes at least ${fewestForInterval} blocks; measure with ${code(`--repeats ${fewestForInterval}`)} or more.`;
    case 'between':
      return 'the figure lies between the two limits. As long as it does, more blocks only make that surer: the claim is then neither clearly true nor clearly false here.';
    case 'too-wide': {
      const bound = cells.some((cell) => cell.generatorBound === true)
        ? ' The load generator was the limit in some of its cells: a faster Jerry would tell more than more blocks.'
        : '';
      return obstacle.blocks === null
        ? `its interval holds a limit, which lies so near to the figure that even a thousand blocks of this noise would not part them.${bound}`
        : `its interval holds a limit; with noise like this about ${formatCount(obstacle.blocks)} blocks would part them (${code(`--repeats ${obstacle.blocks}`)}).${bound}`;
    }
  }
}

/** The answer in a sentence, its figures put in; plain text. */
export function conclusionOf({ hypothesis, outcome, tests, onSeed }: HypothesisResult): string {
  const all = [...tests, ...(onSeed?.tests ?? [])];
  const texts = new Map(all.map((result) => [result.test.id, valueText(result)]));
  return hypothesis.conclude[outcome].replace(/\{([^}]+)\}/g, (_, id: string) => texts.get(id) ?? noData);
}

/** The answers of a page's first screen, one line each; null without hypotheses. */
export function answersText(results: readonly HypothesisResult[]): string | null {
  if (results.length === 0) return null;
  const lines = results.map(
    (result) =>
      `- **${escapeText(result.hypothesis.question)}, claim ${result.outcome}.** ${escapeText(conclusionOf(result))}`,
  );
  return blocks([lines.join('\n'), 'The letters name questions of the [index](index.md).']);
}

/**
 * How sure an outcome is, in a few words. Figures that are the same in every block have an interval without a width, of
 * which it would be too much to say 95 %.
 */
export function certaintyOf({ outcome, tests }: HypothesisResult): string {
  const values = present(tests.map(({ value }) => value));
  const fewest = values.length === 0 ? 0 : Math.min(...values.map((value) => value.blocks));
  if (fewest === 0) return 'not measured';
  if (outcome === 'undecided') return `after ${fewest} blocks`;
  const spread = values.some((value) => {
    const borders = bordersOf(value);
    return borders === null || borders.low !== borders.high;
  });
  return spread ? `95 %, ${fewest} blocks` : `the same in all ${fewest} blocks`;
}

function seedSentence(ours: Outcome, seeds: Outcome | null): string | null {
  if (seeds === null) return "It is not judged on the seed's own figures.";
  if (seeds === ours) return `The seed's own figures, which have no intervals, come to the same.`;
  return `By the seed's own figures, which have no intervals, it would be ${seeds}.`;
}

const testRow = (result: TestResult): string[] => rowOf(result, result.test.what);
const seedRow = (result: TestResult<SeedTest>): string[] =>
  rowOf(result, `seed, ${result.test.table}: ${result.test.what}`);

function rowOf(result: TestResult<HypothesisTest | SeedTest>, name: string): string[] {
  const { test, outcome, disturbed } = result;
  const format = formatOf(test);
  return [
    escapeText(name),
    valueText(result),
    limitText(test.supports, format),
    limitText(test.refutes, format),
    disturbed ? `${outcome}: disturbed` : outcome,
  ];
}

/** A limit as the scenario has it: rounded, a small one would be zero. */
function limitText(range: Range, { number, unit }: Format): string {
  const written = (limit: number): string => (unit === ' %' ? number(limit) : String(limit)) + unit;
  return 'atLeast' in range ? `≥ ${written(range.atLeast)}` : `≤ ${written(range.atMost)}`;
}

/** A figure with its interval, where that is wider than what is shown of the figure. */
export function valueText({ test, value }: TestResult<HypothesisTest | SeedTest>): string {
  if (value === null) return noData;
  const format = formatOf(test);
  const text = exact(format, value.estimate);
  const borders = bordersOf(value);
  if (borders === null) return text;
  const [low, high] = [format.number(borders.low), format.number(borders.high)];
  if (low === high) return text;
  return `${text} (${low}–${high}${format.unit === ' %' ? format.unit : ''})`;
}

/** How a figure is written: its number, and what stands behind it. */
interface Format {
  readonly number: (value: number) => string;
  readonly unit: string;
}

const exact = ({ number, unit }: Format, value: number): string => number(value) + unit;

/** A ratio of two figures has no unit; a figure has its own. */
function formatOf(test: HypothesisTest | SeedTest): Format {
  if (!('figure' in test) || test.over !== undefined) return { number: formatRatio, unit: '×' };
  const { unit, label } = figures[test.figure];
  if (unit !== '') return { number: formatCount, unit: ` ${unit}` };
  if (!label.startsWith('share')) return { number: formatRatio, unit: '' };
  return { number: (value) => formatShare(value).replace(' %', ''), unit: ' %' };
}

/** What became of all claims, for a page's heading: `2 claims supported, 1 undecided`. */
export function outcomesText(results: readonly HypothesisResult[]): string {
  const counts = (['supported', 'refuted', 'undecided'] as const)
    .map((outcome) => ({ outcome, count: results.filter((result) => result.outcome === outcome).length }))
    .filter(({ count }) => count > 0);
  return counts
    .map(({ outcome, count }, index) => `${index === 0 ? plural(count, 'claim') : count} ${outcome}`)
    .join(', ');
}
