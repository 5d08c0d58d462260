import type { Cell } from '../core/record.ts';
import { figureByBlock } from './by-block.ts';
import type { CellAnalysis } from './cells.ts';
import { fewestForInterval, type Interval } from './intervals.ts';
import { benjaminiHochberg, whereKnown } from './multiple.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { intervalOf, welch } from './welch.ts';

/** How response times at a fixed rate changed from one run to another. */
export interface TimesChange {
  readonly cell: Cell;
  readonly label: string;
  /** Of the second run over the first. */
  readonly p50: Interval;
  readonly p99: Interval;
  /** Of the 99th percentile, by more than chance, all cells of the comparison considered. */
  readonly change: 'longer' | 'shorter' | 'undecided';
  /** Something else took part of the cores in one of the runs: no basis for anything. */
  readonly disturbed: boolean;
}

/** Share of wrong ones among the changes that are named. */
const falseDiscoveries = 0.05;

/** Of the cells that both runs loaded at a fixed rate, with as many good repeats as an interval takes. */
export function compareTimes(
  before: ReadonlyMap<string, CellAnalysis>,
  after: ReadonlyMap<string, CellAnalysis>,
): TimesChange[] {
  const pairs = [...after].flatMap(([id, second]) => {
    const first = before.get(id);
    if (!first?.openLoop || !second.openLoop) return [];
    const [p50, p99] = [
      ratioOf(first, second, ({ responseTime }) => responseTime?.p50Us ?? null),
      ratioOf(first, second, ({ responseTime }) => responseTime?.p99Us ?? null),
    ];
    if (p50 === null || p99 === null) return [];
    const disturbed = first.disturbed || second.disturbed;
    return [{ cell: second.cell, label: second.series.label, p50, p99, disturbed }];
  });
  const adjusted = whereKnown(
    benjaminiHochberg,
    pairs.map(({ p99, disturbed }) => (disturbed ? null : p99.pValue)),
  );
  return pairs.map((pair, at) => ({ ...pair, change: changeOf(pair.p99, adjusted[at] ?? 1) }));
}

function ratioOf(
  first: CellAnalysis,
  second: CellAnalysis,
  figure: (repeat: RepeatAnalysis) => number | null,
): Interval | null {
  const [a, b] = [first, second].map((cell) => [...figureByBlock(cell, figure).values()].map(Math.log));
  if (a!.length < fewestForInterval || b!.length < fewestForInterval) return null;
  return intervalOf(welch(a!, b!));
}

const changeOf = ({ estimate }: Interval, adjusted: number): TimesChange['change'] =>
  adjusted > falseDiscoveries ? 'undecided' : estimate > 1 ? 'longer' : 'shorter';
