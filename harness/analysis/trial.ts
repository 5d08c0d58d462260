import { conditionOf } from '../core/grid.ts';
import type { RunFrame } from '../core/journal.ts';
import { causes, type Cause } from '../core/scenario.ts';
import type { CellAnalysis, Grid } from './cells.ts';
import { compareText } from './attempts.ts';

/*
 * A trial of the verdicts: cells that are made to be limited by a known cause, and clean ones. One half of them is for
 * choosing thresholds, the other for finding out how good they are.
 */

export type Half = 'fit' | 'test';

/** A cell whose causes are known. No cause: nothing was done to it. */
export interface TrialCell {
  readonly cell: CellAnalysis;
  readonly half: Half;
  readonly expected: readonly Cause[];
  readonly found: readonly Cause[];
  /** All causes that it was made to have are among those found. */
  readonly recognised: boolean;
  /** In a clean cell: alarms that were found. */
  readonly falseAlarms: readonly Cause[];
}

/** How one half came out. */
export interface Score {
  readonly made: number;
  readonly recognised: number;
  /** Of these, where the primary verdict is a cause that was made. */
  readonly primary: number;
  /** Made cells in which an alarm was found that nobody made. */
  readonly otherAlarms: number;
  readonly clean: number;
  readonly falselyAlarmed: number;
}

/** What is expected of a cell in which nothing is wrong. Every other cause cries out for a remedy. */
const harmless: readonly Cause[] = [
  'as-asked',
  'concurrency-bound',
  'server-bound',
  'unsteady',
  'noisy',
  'undetermined',
];

/** Alarms that nobody made. */
const strayAlarms = (expected: readonly Cause[], found: readonly Cause[]): Cause[] =>
  found.filter((cause) => !harmless.includes(cause) && !expected.includes(cause));

/** Every cause that was made was found, and in a clean cell no alarm. */
export const isRight = ({ recognised, falseAlarms }: TrialCell): boolean =>
  recognised && falseAlarms.length === 0;

/** Whether a scenario makes cells whose causes are known. */
export const isTrial = ({ manifest }: RunFrame): boolean =>
  manifest.scenario.conditions?.some(({ expects }) => expects !== undefined) === true;

/** All cells of a run whose causes are known and that have a record, in a fixed order. */
export function trialCells(run: RunFrame, grid: Grid): TrialCell[] {
  const known = grid.cells.flatMap((cell) => {
    const expected = conditionOf(run.manifest.scenario, cell.cell)?.expects;
    return expected === undefined || cell.repeats.length === 0 ? [] : [{ cell, expected }];
  });
  const kinds = [...new Set(known.map(({ expected }) => expected.join(' ')))].sort(compareText);
  return kinds.flatMap((kind) =>
    known
      .filter(({ expected }) => expected.join(' ') === kind)
      .sort(
        (a, b) => compareText(a.cell.series.id, b.cell.series.id) || a.cell.concurrency - b.cell.concurrency,
      )
      .map(({ cell, expected }, index) => judged(cell, expected, halfOf(index))),
  );
}

/**
 * Neither by turns nor by chance: the Thue-Morse sequence deals any regular pattern in the order, such as concurrencies of
 * servers, evenly to both.
 */
function halfOf(index: number): Half {
  const ones = index.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? 'fit' : 'test';
}

function judged(cell: CellAnalysis, expected: readonly Cause[], half: Half): TrialCell {
  const found = [cell.verdict.primary, ...cell.verdict.secondary];
  return {
    cell,
    half,
    expected,
    found,
    recognised: expected.every((cause) => found.includes(cause)),
    falseAlarms: expected.length > 0 ? [] : strayAlarms(expected, found),
  };
}

export function scoreOf(cells: readonly TrialCell[]): Score {
  const made = cells.filter(({ expected }) => expected.length > 0);
  const clean = cells.filter(({ expected }) => expected.length === 0);
  return {
    made: made.length,
    recognised: made.filter(({ recognised }) => recognised).length,
    primary: made.filter(({ cell, expected }) => expected.includes(cell.verdict.primary)).length,
    otherAlarms: made.filter(({ expected, found }) => strayAlarms(expected, found).length > 0).length,
    clean: clean.length,
    falselyAlarmed: clean.filter(({ falseAlarms }) => falseAlarms.length > 0).length,
  };
}

/** How often cells made for `expected` got each primary verdict; rows and columns in the order of the causes. */
export function confusion(cells: readonly TrialCell[]): {
  readonly expected: readonly Cause[];
  readonly counts: ReadonlyMap<Cause, number>;
  readonly cells: number;
  readonly recognised: number;
}[] {
  const rank = (expected: readonly Cause[]): number =>
    expected.length === 0 ? -1 : causes.indexOf(expected[0]!) + 100 * (expected.length - 1);
  const kinds = new Map(cells.map(({ expected }) => [expected.join(' '), expected]));
  return [...kinds]
    .sort(([, a], [, b]) => rank(a) - rank(b))
    .map(([kind, expected]) => {
      const members = cells.filter((one) => one.expected.join(' ') === kind);
      const counts = new Map<Cause, number>();
      for (const { cell } of members) {
        counts.set(cell.verdict.primary, (counts.get(cell.verdict.primary) ?? 0) + 1);
      }
      return { expected, counts, cells: members.length, recognised: members.filter(isRight).length };
    });
}
