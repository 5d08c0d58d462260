import type { CellChange, RunComparison } from '../analysis/compare-runs.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import {
  differenceText,
  loadDifferences,
  machineDifferences,
  programDifferences,
  systemDifferences,
} from '../analysis/places.ts';
import type { RunFrame } from '../core/journal.ts';
import type { TimesChange } from '../analysis/compare-times.ts';
import { formatCount, formatInstant, formatRatio, formatShare, listOf, noData, plural } from './format.ts';
import { concurrencyTables } from './grid-tables.ts';
import { intervalCell, rangeBelow, rangeText } from './interval-text.ts';
import { blocks, code, details, escapeText, table } from './markdown.ts';

/** What somebody asked for who compares two runs. */
export interface ComparisonText {
  readonly comparison: RunComparison;
  /** Names of the runs, such as their directories. */
  readonly names: readonly [string, string];
  readonly margin: number;
  readonly failIfSlower: number | null;
}

/** Two runs side by side, as Markdown for a pull request: what changed, how sure that is, and what else differs. */
export function renderComparison(text: ComparisonText): string {
  const { comparison, failIfSlower } = text;
  const { scenario } = comparison.second.manifest;
  return blocks([
    `## ${escapeText(scenario.title)}: ${titleOf(comparison)}`,
    sidesText(text),
    failIfSlower === null ? null : gateText(comparison, failIfSlower),
    lostText(comparison),
    placesText(comparison),
    shiftText(comparison),
    tallyText(text),
    ...changeTables(comparison.cells),
    legend(text),
    timesText(comparison.times),
    missingText(comparison.missing),
  ]);
}

const named = ({ label, cell }: CellChange): string =>
  `${escapeText(label)} at ${plural(cell.concurrency, 'connection')}`;

function titleOf({ cells, lost, times }: RunComparison): string {
  const gone = lost.length === 0 ? [] : [`${plural(lost.length, 'cell')} can no longer be measured`];
  if (cells.length === 0) return gone[0] ?? 'nothing could be compared';
  const of = (change: CellChange['change']): number =>
    cells.filter((cell) => cell.change === change && !cell.isControl).length;
  const [slower, faster] = [of('slower'), of('faster')];
  const late = times.filter(({ change }) => change === 'longer').length;
  const early = times.filter(({ change }) => change === 'shorter').length;
  if (slower === 0 && faster === 0 && gone.length === 0 && late === 0 && early === 0) {
    const undecided = of('undecided');
    if (undecided > 0) return `no difference that could be seen, ${undecided} of ${cells.length} undecided`;
    return times.length === 0 ? 'no difference' : 'no difference that could be seen';
  }
  const parts = [
    ...gone,
    ...(slower > 0 ? [`${plural(slower, 'cell')} slower`] : []),
    ...(faster > 0 ? [`${plural(faster, 'cell')} faster`] : []),
    ...(late > 0 ? [`${plural(late, 'cell')} with longer response times`] : []),
    ...(early > 0 ? [`${plural(early, 'cell')} with shorter response times`] : []),
  ];
  return parts.join(', ');
}

function sidesText({ comparison, names }: ComparisonText): string {
  const side = ({ manifest }: RunFrame, name: string): string => {
    const { commit, dirty } = manifest.git;
    const at = commit === null ? '' : `, commit ${code(commit.slice(0, 12))}`;
    return `${code(name)} (${formatInstant(manifest.createdAt)}${at}${dirty === true ? ' with changes' : ''})`;
  };
  return `Requests per second of ${side(comparison.second, names[1])} over those of ${side(comparison.first, names[0])}.`;
}

function gateText({ cells, lost, deciding }: RunComparison, share: number): string {
  const regressed = cells.filter((cell) => cell.regressed);
  const allowed = formatShare(share);
  if (regressed.length === 0 && lost.length > 0) {
    return `**Gate closed**: ${plural(lost.length, 'cell')} can no longer be measured.`;
  }
  if (deciding === 0) return '**No gate**: no cell could decide, see below.';
  if (regressed.length === 0) {
    return `**Gate open**: of no cell it is sure that it lost more than ${allowed} of its throughput; ${plural(deciding, 'cell')} could decide.${sightText(cells, share)}`;
  }
  const list = regressed
    .map(
      (cell) =>
        `- ${named(cell)}: ${formatRatio(cell.ratio.estimate)} times${rangeText(cell.ratio, formatRatio)}`,
    )
    .join('\n');
  return `**Gate closed**: ${plural(regressed.length, 'cell')} lost more than ${allowed} for sure.\n\n${list}`;
}

/** What an open gate is worth: how large a loss would have had to be, by the intervals that there are. */
function sightText(cells: readonly CellChange[], share: number): string {
  const losses = cells
    .filter(({ isControl, disturbed, change }) => !isControl && !disturbed && change !== 'as-asked')
    .flatMap(({ ratio: { estimate, high } }) => (high === null ? [] : [1 - ((1 - share) * estimate) / high]))
    .sort((a, b) => a - b);
  if (losses.length === 0) return '';
  const [least, middle, most] = [0, 0.5, 1].map((part) => losses[Math.round(part * (losses.length - 1))]!);
  return ` As these repeats scatter, a loss is sure from about ${formatShare(middle!)} on (${formatShare(least!)} to ${formatShare(most!)}, from cell to cell); more blocks see smaller ones.`;
}

/** What a reader must know of the places: what makes figures incomparable first, and in bold. */
function placesText({ first, second }: RunComparison): string | null {
  const [a, b] = [first.manifest, second.manifest];
  const machine = machineDifferences(a.environment, b.environment);
  const loads = loadDifferences(a, b);
  const others = [...systemDifferences(a.environment, b.environment), ...programDifferences(a, b)];
  const lines = [
    ...machine.map(
      (one) => `- **${escapeText(differenceText(one))}: another machine, so a ratio compares machines**`,
    ),
    ...loads.map(
      (one) => `- **${escapeText(differenceText(one))}: another load, so a ratio compares loads**`,
    ),
    ...others.map((one) => `- ${escapeText(differenceText(one))}`),
  ];
  if (lines.length === 0) {
    return 'Same machine, system and programs: a difference is one of the moment.';
  }
  return `What else differs:\n\n${lines.join('\n')}`;
}

function shiftText({ shift }: RunComparison): string | null {
  if (shift === null) return null;
  const { ratio, by } = shift;
  const seen =
    by === 'unchanged programs' ? 'programs that are the same in both runs' : "the load's ceilings";
  const where = by === 'unchanged programs' ? 'the ratios of the other programs' : 'all ratios below';
  return `The machine itself was ${ratio.estimate < 1 ? 'slower' : 'faster'} in the second run: ${seen} went to ${formatRatio(ratio.estimate)} times${rangeText(ratio, formatRatio)}. That is taken out of ${where}.`;
}

function tallyText({ comparison, margin }: ComparisonText): string {
  const { cells } = comparison;
  const of = (change: CellChange['change'], text: string): string[] => {
    const count = cells.filter((cell) => cell.change === change).length;
    return count === 0 ? [] : [`${count} ${text}`];
  };
  const parts = [
    ...of('slower', 'slower'),
    ...of('faster', 'faster'),
    ...of('same', `the same within ${formatShare(margin)}`),
    ...of('as-asked', 'served as asked'),
    ...of('undecided', 'undecided'),
  ];
  return cells.length === 0
    ? `The runs have no cell in common that was measured ${fewestForInterval} times or more in both.`
    : `Of ${plural(cells.length, 'cell')} ${listOf(parts)}.`;
}

function changeTables(cells: readonly CellChange[]): string[] {
  const loads = [...new Set(cells.map(({ cell }) => cell.load))];
  return loads.flatMap((load) => {
    const ofLoad = cells.filter(({ cell }) => cell.load === load);
    const concurrencies = [...new Set(ofLoad.map(({ cell }) => cell.concurrency))].sort((a, b) => a - b);
    const labels = [...new Set(ofLoad.map(({ label }) => label))];
    const byPlace = new Map(ofLoad.map((one) => [`${one.cell.concurrency} ${one.label}`, one]));
    return concurrencyTables(
      concurrencies,
      labels,
      escapeText,
      (label, concurrency) => changeCell(byPlace.get(`${concurrency} ${label}`)),
      loads.length > 1 ? { title: `${load}, connections` } : {},
    );
  });
}

const signs = { slower: ' ▼', faster: ' ▲', same: ' =', undecided: '', 'as-asked': ' §' } as const;

function changeCell(cell: CellChange | undefined): string {
  if (!cell) return noData;
  const { ratio, change, disturbed } = cell;
  const estimate = formatRatio(ratio.estimate);
  const figure = change === 'slower' || change === 'faster' ? `**${estimate}**` : estimate;
  const mark = disturbed ? ' ¶' : signs[change];
  return figure + mark + rangeBelow(ratio, formatRatio);
}

function legend({ comparison, margin }: ComparisonText): string | null {
  const { cells } = comparison;
  if (cells.length === 0) return null;
  const lines = [
    "Ratio with its 95 % interval (Welch's, over the logarithms of the blocks).",
    `**Bold** ▼ slower, ▲ faster: more than chance, all cells considered (Benjamini and Hochberg: of those named, at most 5 % are expected to be wrong); = the same: the interval lies within ${formatShare(margin)}; no mark: undecided, more blocks would tell.`,
    cells.some(({ disturbed }) => disturbed)
      ? '¶ something else took part of the cores in one of the runs: left out of all judgements.'
      : null,
    cells.some(({ change }) => change === 'as-asked')
      ? '§ both runs served the fixed rate that they were asked for, which says nothing of how fast they can be: no basis for a gate. Their response times stand below.'
      : null,
    cells.some(({ isControl }) => isControl)
      ? `Not the programs' doing, since these are the same in both runs: ${listOf([...new Set(cells.filter(({ isControl }) => isControl).map(({ label }) => escapeText(label)))])}.`
      : null,
  ];
  return lines.filter((line) => line !== null).join('<br>\n');
}

const timesMarks = { longer: ' ▼', shorter: ' ▲', undecided: '' } as const;

/** Response times of cells at a fixed rate: throughput there is what was asked. */
function timesText(times: readonly TimesChange[]): string | null {
  if (times.length === 0) return null;
  return blocks([
    '### Response times at a fixed rate',
    table(
      ['', 'load', 'connections', 'p50', 'p99'],
      times.map(({ cell, label, p50, p99, change, disturbed }) => [
        escapeText(label),
        code(cell.load),
        formatCount(cell.concurrency),
        intervalCell(p50, formatRatio),
        formatRatio(p99.estimate) + (disturbed ? ' ¶' : timesMarks[change]) + rangeBelow(p99, formatRatio),
      ]),
      ['l', 'l', 'r', 'r', 'r'],
    ),
    'Times of the second run over those of the first, from the planned start on, with 95 % intervals as above. ▼ longer, ▲ shorter: the 99th percentile changed by more than chance, all cells considered (Benjamini and Hochberg). What the machine alone did is not taken out of them, and the gate does not ask for them.',
  ]);
}

/** Cells that gave figures in the first run only, although the second planned them. */
function lostText({ lost }: RunComparison): string | null {
  if (lost.length === 0) return null;
  return `**No longer measurable**: the second run planned these cells and has fewer than ${fewestForInterval} good repeats of each. Its report says what became of them.\n\n${lost.map((id) => `- ${code(id)}`).join('\n')}`;
}

function missingText(missing: readonly string[]): string | null {
  if (missing.length === 0) return null;
  return details(
    `${plural(missing.length, 'further cell')} without ${fewestForInterval} good repeats in both runs`,
    missing.map((id) => `- ${code(id)}`).join('\n'),
  );
}
