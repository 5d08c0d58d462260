import type { PageAnalysis } from '../analysis/page.ts';
import type { CellAnalysis } from '../analysis/cells.ts';
import type { Ratio } from '../analysis/compare.ts';
import type { Headline, Region, RegionRatio } from '../analysis/headline.ts';
import { isOpenLoop } from '../analysis/open-loop.ts';
import { present } from '../analysis/statistics.ts';
import type { OverflowPattern } from '../analysis/overflow.ts';
import { caveatsOf, type Caveat } from './caveats.ts';
import { rangeText } from './interval-text.ts';
import { formatConcurrencies, formatRatio, formatShare, listOf, plural } from './format.ts';

/** A difference smaller than this is no title, however well the blocks agree. */
const titleShare = 0.2;

/** Where more than this share of the cells was disturbed, no title is drawn from them. */
const disturbedLimit = 0.25;

/** The opening of a page, as plain text: what the figures say, and how far to trust them. */
export interface Opening {
  readonly title: string;
  /** Sentences, those about the same thing in one paragraph. */
  readonly answer: readonly (readonly string[])[];
  readonly caveats: readonly Caveat[];
}

export function opening(page: PageAnalysis): Opening {
  return { title: titleOf(page), answer: answerOf(page), caveats: caveatsOf(page) };
}

/** What the run shows, if it shows one thing; else what it is about. */
function titleOf({ run, grid, headline }: PageAnalysis): string {
  const { scenario } = run.manifest;
  const { baseline, step, regions, coverage } = headline;
  if (coverage.cellsWithoutData === coverage.cells) return `${scenario.title}: nothing could be measured`;
  if (coverage.disturbed > coverage.cells * disturbedLimit) {
    return `${scenario.title}, measured on a disturbed machine`;
  }
  if (grid.cells.some(isOpenLoop)) return scenario.title;
  if (!baseline || grid.series.length === 1) return aloneTitle(headline, scenario.title);

  const ownStep = step?.ratios.find(({ series }) => series === baseline)?.ratio;
  const others = step?.ratios.filter(({ series }) => series !== baseline) ?? [];
  if (ownStep && clearlyBelow(ownStep) && others.length > 0) {
    const fallsToo = others.filter(({ ratio }) => clearlyBelow(ratio));
    const share = formatShare(ownStep.interval.estimate);
    const falls = `${baseline.label} falls to ${share} of its throughput when its listen queue begins to overflow`;
    const stays = others.filter(({ ratio }) => staysUp(ratio));
    if (stays.length === others.length)
      return `${falls}, ${theOthers(others, others)} ${others.length === 1 ? 'does' : 'do'} not`;
    if (fallsToo.length === 0) return falls;
    return `${falls}, and so ${fallsToo.length === 1 ? 'does' : 'do'} ${theOthers(fallsToo, others)} at the same load`;
  }

  const overflowed = regions.find((region) => region.kind === 'overflowed');
  const wide = overflowed ?? regions.find((region) => region.kind === 'all');
  if (!wide) return scenario.title;
  const where = overflowed ? ' where its listen queue overflows' : '';
  const ahead = wide.ratios.filter(({ ratio }) => clearlyAbove(ratio));
  const behind = wide.ratios.filter(({ ratio }) => clearlyBelow(ratio));
  if (ahead.length > 0 && behind.length === 0) {
    const exception = exceptionText(ahead, grid.concurrencies, 'behind');
    return `${theOthers(ahead, wide.ratios)} ${ahead.length === 1 ? 'is' : 'are'} ahead of ${baseline.label}${where}${exception}`;
  }
  if (behind.length > 0 && ahead.length === 0) {
    const exception = exceptionText(behind, grid.concurrencies, 'ahead');
    const even = overflowed && exception === '' ? ', even where its listen queue overflows' : '';
    return `${baseline.label} is ahead of ${theOthers(behind, wide.ratios)}${even}${exception}`;
  }
  return scenario.title;
}

/** A mean over all must not hide that it was the other way round at some. */
function exceptionText(ratios: readonly RegionRatio[], grid: readonly number[], place: string): string {
  const contrary = ratios.filter(({ contrary: at }) => at.length > 0);
  if (contrary.length === 0) return '';
  const at = grid.filter((concurrency) => contrary.some((one) => one.contrary.includes(concurrency)));
  const where = `at ${formatConcurrencies(at, grid)} connections`;
  return `, but ${listOf(labels(contrary))} ${contrary.length === 1 ? 'is' : 'are'} ${place} ${where}`;
}

function aloneTitle({ overflow }: Headline, fallback: string): string {
  const [only] = overflow;
  if (overflow.length !== 1 || only?.from == null) return fallback;
  return `${only.series.label}: its listen queue overflows from ${plural(only.from, 'connection')} on`;
}

/** Names some of the variants that are compared with the baseline; all of several are the others. */
function theOthers(some: readonly RegionRatio[], all: readonly RegionRatio[]): string {
  return some.length > 1 && some.length === all.length ? 'the others' : listOf(labels(some));
}

const labels = (ratios: readonly RegionRatio[]): string[] => ratios.map(({ series }) => series.label);
const clearlyBelow = (ratio: Ratio): boolean =>
  ratio.relation === 'slower' && ratio.interval.estimate <= 1 - titleShare;
const clearlyAbove = (ratio: Ratio): boolean =>
  ratio.relation === 'faster' && ratio.interval.estimate >= 1 + titleShare;
/** That nothing was seen to fall is not enough: the interval must rule such a fall out. */
const staysUp = ({ interval }: Ratio): boolean => (interval.low ?? 0) > 1 - titleShare;

/** Of load at a fixed rate throughput is what was asked for, and no answer. */
function rateSentences(cells: readonly CellAnalysis[]): string[] | null {
  const open = cells.filter((cell) => isOpenLoop(cell));
  if (open.length === 0) return null;
  const kept = open.filter(({ rateKept }) => rateKept === true).length;
  const where = kept === open.length ? 'everywhere' : `in ${kept} of ${plural(open.length, 'cell')}`;
  return [
    `The load was a fixed number of requests per second, which start at planned times whatever becomes of others; that rate was kept ${where}.`,
    'What a server answers per second is then what it was asked for, and says nothing about how fast it could be: look at the response times, which count from the planned start.',
  ];
}

function answerOf({ grid, headline }: PageAnalysis): string[][] {
  if (headline.coverage.cellsWithoutData === headline.coverage.cells) {
    return [
      ['No repeat of this run succeeded, so there is no figure to compare; the failures are named below.'],
    ];
  }
  const rates = rateSentences(grid.cells);
  const overflow = overflowSentence(headline.overflow, grid.concurrencies);
  const step = stepSentence(headline);
  // What is not known is said last.
  const stepIsClear = step !== null && step.isClear;
  const ratios = headline.regions.map((region, index) =>
    regionSentence(headline, region, grid.concurrencies, {
      first: index === 0,
      nameInterval: index === 0 && !stepIsClear,
    }),
  );
  if (rates !== null) return [rates, present([overflow])].filter((sentences) => sentences.length > 0);
  const paragraphs = stepIsClear ? [[overflow, step.text], ratios] : [[overflow], ratios, [step?.text]];
  return paragraphs.map((sentences) => present(sentences)).filter((sentences) => sentences.length > 0);
}

/** Who overflowed where: one clause for each behaviour that occurred. */
function overflowSentence(patterns: readonly OverflowPattern[], grid: readonly number[]): string | null {
  const clauses = new Map<string, string[]>();
  for (const pattern of patterns) {
    const text = overflowClause(pattern, grid);
    clauses.set(text, [...(clauses.get(text) ?? []), pattern.series.label]);
  }
  if (clauses.size === 0) return null;
  const [first] = clauses.keys();
  if (clauses.size === 1 && first === never) return 'No listen queue overflowed at any concurrency.';
  if (clauses.size === 1 && first === unknown) return 'Overflows of the listen queue were not counted.';
  const parts = [...clauses].map(([clause, names], index) => {
    const subject = index === 0 ? `The listen queue of ${listOf(names)}` : `that of ${listOf(names)}`;
    return `${subject} ${clause}`;
  });
  return `${parts.join('; ')}.`;
}

const never = 'never overflowed';
const unknown = 'was not watched';

function overflowClause(pattern: OverflowPattern, grid: readonly number[]): string {
  const { kind, clean, overflowed, from } = pattern;
  const at = formatConcurrencies(overflowed, grid);
  const cleanBelow = clean.filter((concurrency) => from !== null && concurrency < from).at(-1);
  switch (kind) {
    case 'unknown':
      return unknown;
    case 'never':
      return never;
    case 'seldom':
      return 'overflowed in the lesser part of the repeats only';
    case 'always':
      return grid.length === 1 ? `overflowed at ${at} connections` : 'overflowed at every concurrency';
    case 'scattered':
      return `overflowed at ${at} connections`;
    case 'from': {
      const below = cleanBelow === undefined ? '' : ` and not once up to ${cleanBelow}`;
      return `overflowed from ${from} connections on${below}`;
    }
  }
}

interface StepText {
  readonly text: string;
  /** Whether the baseline's own step is one, up or down. */
  readonly isClear: boolean;
}

function stepSentence({ step, baseline }: Headline): StepText | null {
  const own = step?.ratios.find(({ series }) => series === baseline);
  if (!step || !baseline || !own) return null;
  const isClear = own.ratio.relation !== 'unclear';
  const others = step.ratios.filter((entry) => entry !== own);
  const first = `From ${step.from} to ${step.to} connections, where overflows begin, the throughput of ${baseline.label} went to ${shareText(own.ratio, isClear)}`;
  const rest = others.map(({ series, ratio }) => `that of ${series.label} to ${shareText(ratio)}`);
  return { isClear, text: rest.length === 0 ? `${first}.` : `${first}, ${listOf(rest)}.` };
}

function regionSentence(
  { baseline }: Headline,
  region: Region,
  grid: readonly number[],
  { first, nameInterval }: { readonly first: boolean; readonly nameInterval: boolean },
): string | null {
  if (!baseline || region.ratios.length === 0) return null;
  const many = region.concurrencies.length > 1;
  const concurrencies = `${formatConcurrencies(region.concurrencies, grid)} connections`;
  const place = {
    clean: `Where the queue of ${baseline.label} did not overflow (${concurrencies}),`,
    overflowed: first
      ? `Where the queue of ${baseline.label} overflowed (${concurrencies}),`
      : `Where it did (${concurrencies}),`,
    all: `At ${concurrencies}`,
  }[region.kind];
  const mean = first && many ? ' in the geometric mean' : '';
  const parts = region.ratios.map(({ series, ratio }, index) => {
    const leads = index === 0;
    const verb = leads ? ` answered${mean}` : '';
    const unit = first && leads ? ` as many requests per second as ${baseline.label}` : '';
    const over = formatConcurrencies(ratio.concurrencies, grid);
    const narrower =
      ratio.concurrencies.length < region.concurrencies.length ? ` (compared at ${over} only)` : '';
    return `${series.label}${verb} ${ratioText(ratio, unit, nameInterval && leads)}${narrower}`;
  });
  const contrary = region.ratios
    .filter((one) => one.contrary.length > 0)
    .map(({ series, contrary: at }) => `for ${series.label} at ${formatConcurrencies(at, grid)} connections`);
  const exceptions = contrary.length === 0 ? '' : ` It was the other way round ${listOf(contrary)}.`;
  return `${place} ${listOf(parts)}.${exceptions}`;
}

/** `1.32 times (1.25–1.41)`; where the interval holds 1, nobody can be said to be ahead. */
function ratioText(ratio: Ratio, unit: string, named = false): string {
  return `${formatRatio(ratio.interval.estimate)} times${unit}${reachText(ratio, formatRatio, named)}`;
}

function shareText(ratio: Ratio, named = false): string {
  const bare = (share: number): string => formatShare(share).replace(' %', '');
  const reach = reachText(ratio, bare, named);
  const percent = reach.replace(/(, undecided)?\)$/, ' %$&');
  return formatShare(ratio.interval.estimate) + percent;
}

/** The interval in brackets; the first one of a page says what it is. */
function reachText({ interval, relation }: Ratio, format: (value: number) => string, named: boolean): string {
  const undecided = relation === 'unclear' ? ', undecided' : '';
  const text = rangeText(interval, format, undecided);
  return named ? text.replace('(', '(95 % interval ') : text;
}
