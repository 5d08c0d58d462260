import { familyLevel } from '../../analysis/compare.ts';
import { figures } from '../../analysis/figures.ts';
import { meanOfCells } from '../../analysis/hypotheses.ts';
import type { Interval } from '../../analysis/intervals.ts';
import { holm, whereKnown } from '../../analysis/multiple.ts';
import type { CellAnalysis } from '../../analysis/cells.ts';
import type { Phenomenon } from '../../analysis/phenomenon.ts';
import { formatCount, formatRatio, formatWhole, noData } from '../format.ts';
import { bordersOf, intervalCell, rangeText, ratioText } from '../interval-text.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** Throughput under the first condition, against the fewest clients. */
export function fallTable({ falls, comparison }: Phenomenon): string {
  return blocks([
    `Requests per second under the first condition (${escapeText(comparison.conditions[0]!.label)}), against the same server with the fewest clients:`,
    table(
      ['', 'clients', 'requests/s', 'against the fewest clients'],
      comparison.cells
        .filter(({ condition }) => condition === comparison.conditions[0])
        .map((cell) => [
          escapeText(cell.label),
          formatCount(cell.concurrency),
          intervalCell(cell.requestsPerSecond, formatWhole),
          intervalCell(
            falls.find(
              ({ variant, concurrency }) => variant === cell.variant && concurrency === cell.concurrency,
            )?.ratio,
            formatRatio,
          ),
        ]),
      ['l', 'r', 'r', 'r'],
    ),
  ]);
}

/** What each change brings, and how much of the fall that is. */
export function recoveryTable(phenomenon: Phenomenon): string {
  const { comparison, interventions } = phenomenon;
  const rows = comparison.cells.filter(({ condition }) => interventions.includes(condition));
  const adjusted = whereKnown(
    holm,
    rows.map(({ ratio }) => ratio?.pValue ?? null),
  );
  return blocks([
    'The same with one thing changed, against the first condition within each block:',
    table(
      ['what is changed', '', 'clients', 'requests/s', 'times as many', '', 'failed, of 1000 answered'],
      rows.map(({ condition, label, concurrency, requestsPerSecond, ratio, cell }, at) => [
        escapeText(condition.label),
        escapeText(label),
        formatCount(concurrency),
        intervalCell(requestsPerSecond, formatWhole),
        intervalCell(ratio, formatRatio),
        verdictOf(ratio, adjusted[at]!),
        failuresText(cell),
      ]),
      ['l', 'l', 'r', 'r', 'r', 'l', 'r'],
    ),
    `Geometric means of the blocks with 95 % intervals, each for itself. *Helps* and *harms*: not 1, for the whole table at once (Holm's correction at ${familyLevel * 100} %). Only answered requests count; what failed is beside them.`,
    accountText(phenomenon),
  ]);
}

/** How much of the fall of the baseline each change takes back, where most clients are; null where it does not fall. */
function accountText({ comparison, interventions, falls }: Phenomenon): string | null {
  const { baseline } = comparison.run.manifest.scenario;
  const mine = falls.filter(({ variant, ratio }) => variant === baseline && ratio !== null);
  const fall = mine.at(-1);
  const borders = fall?.ratio ? bordersOf(fall.ratio) : null;
  if (!fall?.ratio || borders === null || borders.high >= 1) return null;
  const lost = -Math.log(fall.ratio.estimate);
  const parts = comparison.cells
    .filter(
      ({ condition, variant, concurrency }) =>
        interventions.includes(condition) && variant === baseline && concurrency === fall.concurrency,
    )
    .flatMap(({ condition, ratio }) => (ratio ? [{ condition, ratio }] : []))
    .map(
      ({ condition, ratio }) =>
        `- ${escapeText(condition.label)}: ${shareOfFall(ratio.estimate, lost)}${rangeText(ratio, (factor) => shareOfFall(factor, lost)).replace('–', ' to ')}`,
    );
  return blocks([
    `How much of the fall from ${formatCount(fall.from)} to ${formatCount(fall.concurrency)} clients, to ${ratioText(fall.ratio)}, each change takes back (100 %: all of it; below 0 %: it falls further). The causes overlap, so that shares do not add up. Their intervals treat the fall itself as exactly known, so they are too narrow:`,
    parts.join('\n'),
    `More than 100 % is possible since ${formatCount(fall.from)} clients do not show all that the server can do: where ${formatCount(fall.concurrency)} are waiting in a queue that holds them, it finds the next one whenever it is done with one.`,
  ]);
}

/** Of a fall, which is a factor: in logarithms, so that two halves make a whole. */
const shareOfFall = (factor: number, lost: number): string =>
  `${((100 * Math.log(factor)) / lost).toFixed(0).replace('-', '−')} %`;

/** `adjusted`: its p-value, corrected for all rows of the table. */
function verdictOf(ratio: Interval | null, adjusted: number | null): string {
  if (!ratio || adjusted === null) return noData;
  if (adjusted > familyLevel) return 'not told apart';
  return ratio.estimate > 1 ? '**helps**' : '**harms**';
}

/** Mean of the blocks. */
function failuresText(cell: CellAnalysis): string {
  const failures = meanOfCells(figures.failuresPerRequest, [cell]);
  return failures === null ? noData : formatCount(1000 * failures.estimate);
}
