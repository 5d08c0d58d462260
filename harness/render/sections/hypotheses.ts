import { figures } from '../../analysis/figures.ts';
import { type HypothesisResult, type Outcome, type TestResult } from '../../analysis/hypotheses.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { present } from '../../analysis/statistics.ts';
import type { HypothesisTest, Range, SeedTest } from '../../core/hypothesis.ts';
import { formatCount, formatRatio, formatShare, listOf, noData, plural } from '../format.ts';
import { rangeText } from '../interval-text.ts';
import { blocks, escapeText, table } from '../markdown.ts';
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

/** The answer in a sentence, its figures put in; plain text. */
export function conclusionOf({ hypothesis, outcome, tests, onSeed }: HypothesisResult): string {
  const all = [...tests, ...(onSeed?.tests ?? [])];
  const texts = new Map(all.map((result) => [result.test.id, valueText(result)]));
  return hypothesis.conclude[outcome].replace(/\{([^}]+)\}/g, (_, id: string) => texts.get(id) ?? noData);
}

/** How sure an outcome is, in a few words. */
export function certaintyOf({ outcome, tests }: HypothesisResult): string {
  const blocksOf = present(tests.map(({ value }) => value?.blocks));
  const fewest = blocksOf.length === 0 ? 0 : Math.min(...blocksOf);
  if (fewest === 0) return 'not measured';
  return outcome === 'undecided' ? `undecided after ${fewest} blocks` : `95 %, ${fewest} blocks`;
}

function seedSentence(ours: Outcome, seeds: Outcome | null): string | null {
  if (seeds === null) return "The seed's own figures say nothing about it.";
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

function limitText(range: Range, format: Format): string {
  return 'atLeast' in range ? `≥ ${format(range.atLeast)}` : `≤ ${format(range.atMost)}`;
}

function valueText({ test, value }: TestResult<HypothesisTest | SeedTest>): string {
  if (value === null) return noData;
  const format = formatOf(test);
  return format(value.estimate) + rangeText(value, format);
}

type Format = (value: number) => string;

/** A ratio of two figures has no unit; a figure has its own. */
function formatOf(test: HypothesisTest | SeedTest): Format {
  if (!('figure' in test) || test.over !== undefined) return (value) => `${formatRatio(value)}×`;
  const { unit, label } = figures[test.figure];
  if (unit === '') return label.startsWith('share') ? formatShare : formatRatio;
  return (value) => `${formatCount(value)} ${unit}`;
}

/** The titles of what was found, for a page's heading: `P1b supported, P1a refuted`. */
export const outcomesText = (results: readonly HypothesisResult[]): string =>
  listOf(results.map(({ hypothesis, outcome }) => `${hypothesis.question} ${outcome}`));
