import { capacitiesFirst, capacityCellOf } from '../core/grid.ts';
import { inRandomOrder, repeatId } from '../core/plan.ts';
import type { Run } from '../core/journal.ts';
import type { Manifest, PlannedRepeat } from '../core/manifest.ts';
import { cellId, throughput, type Cell, type RepeatRecord } from '../core/record.ts';
import { fewestBlocks, looksInARow } from '../core/stopping.ts';
import { lastAttempts } from './attempts.ts';
import { ratiosByBlock } from './by-block.ts';
import type { DigestedRun } from './digest.ts';
import { halfWidth, intervalOf } from './intervals.ts';
import { groupBy, median, present, sum } from './statistics.ts';

/** A ratio that a run is to find: of a cell's throughput to the baseline's, or the throughput alone where there is none. */
export interface Wanted {
  readonly cell: Cell;
  readonly base: Cell | null;
  /** The figures so far, one a block, in the order of the blocks. */
  readonly values: readonly number[];
  /** Whether its cells fail whenever they are tried: more repeats would teach nothing. */
  readonly hopeless: boolean;
}

/** How far the interval of a ratio reaches to either side, 0.05 for 5 %; null where it is not known. */
const widthOf = ({ values }: Wanted): number | null => halfWidth(intervalOf(values));

/** Whether the interval has been narrow enough for some looks in a row, with blocks enough. */
export function isNarrow({ values }: Pick<Wanted, 'values'>, target: number): boolean {
  if (values.length < fewestBlocks) return false;
  return Array.from({ length: looksInARow }, (_, back) => values.slice(0, values.length - back)).every(
    (seen) => (halfWidth(intervalOf(seen)) ?? Infinity) <= target,
  );
}

/** So many failures in a row, and a cell is given up. */
const hopelessAfter = 3;

/** What counts of a timed repeat here. */
interface Measured extends Pick<
  RepeatRecord,
  'repeatId' | 'block' | 'position' | 'startedAt' | 'cell' | 'status' | 'elapsedMs'
> {
  readonly requestsPerSecond: number | null;
}

function timedOf(run: Pick<Run, 'records'> | DigestedRun): Measured[] {
  if ('timed' in run)
    return run.timed.map(({ record, requestsPerSecond }) => ({ ...record, requestsPerSecond }));
  return run.records
    .filter(({ pass }) => pass === 'timed')
    .map((record) => ({ ...record, requestsPerSecond: record.load ? throughput(record.load) : null }));
}

/** Every ratio of a run to its baseline, by what was measured so far. */
export const wantedRatios = (run: Pick<Run, 'manifest' | 'records'>): Wanted[] =>
  ratiosIn(run.manifest, timedOf(run));

function ratiosIn(manifest: Manifest, made: readonly Measured[]): Wanted[] {
  const { baseline } = manifest.scenario;
  const timed = lastAttempts(made);
  const byCell = groupBy(timed, ({ cell }) => cellId(cell));
  const ratesOf = (cell: Cell): Map<number, number> =>
    new Map(
      (byCell.get(cellId(cell)) ?? []).flatMap(({ status, block, requestsPerSecond }): [number, number][] => {
        const rate = status === 'ok' ? (requestsPerSecond ?? 0) : 0;
        return rate > 0 ? [[block, rate]] : [];
      }),
    );
  const failing = (cell: Cell): boolean => {
    const latest = (byCell.get(cellId(cell)) ?? []).slice(-hopelessAfter);
    return latest.length === hopelessAfter && latest.every(({ status }) => status === 'failed');
  };
  const cells = plannedCells(manifest.repeats);
  const known = new Map(cells.map((cell) => [cellId(cell), cell]));
  const alone = cells.every(({ variant }) => variant === cells[0]?.variant);
  return cells
    .filter(({ variant }) => alone || variant !== baseline)
    .map((cell) => {
      const base = alone ? null : (known.get(cellId({ ...cell, variant: baseline })) ?? null);
      const rates = ratesOf(cell);
      const figures = base === null ? rates : ratiosByBlock(rates, ratesOf(base));
      const values = [...figures].sort(([a], [b]) => a - b).map(([, value]) => value);
      return { cell, base, values, hopeless: failing(cell) || (base !== null && failing(base)) };
    });
}

function plannedCells(repeats: readonly PlannedRepeat[]): Cell[] {
  const timed = repeats.filter(({ pass }) => pass === 'timed');
  return [...new Map(timed.map(({ cell }) => [cellId(cell), cell])).values()];
}

/**
 * The next block of a run that is to reach a precision: those cells, each beside its baseline, whose ratio is not known well
 * enough yet, the least known first, as far as the time goes that is left. None: all is known, or the time is up.
 */
export function nextBlock(run: Pick<Run, 'manifest' | 'records'>): PlannedRepeat[] {
  const { precision, repeats, randomSeed, scenario } = run.manifest;
  if (precision === undefined) return [];
  const unknown = wantedRatios(run)
    .filter((ratio) => !ratio.hopeless && !isNarrow(ratio, precision.target))
    .sort((a, b) => (widthOf(b) ?? Infinity) - (widthOf(a) ?? Infinity));
  const durations = durationsOf(timedOf(run));
  let leftMs = precision.budgetMs - sum(run.records.map(({ elapsedMs }) => elapsedMs)) - tracedMs(run);
  const chosen = new Map<string, Cell>();
  for (const { cell, base } of unknown) {
    const ratio = present([cell, base]);
    const capacities = ratio.map((one) => capacityCellOf(scenario, one));
    const together = new Map(present([...ratio, ...capacities]).map((one) => [cellId(one), one]));
    const added = [...together.values()].filter((one) => !chosen.has(cellId(one)));
    const takesMs = sum(added.map((one) => durations.get(cellId(one)) ?? 0));
    if (takesMs > leftMs) continue;
    leftMs -= takesMs;
    for (const one of added) chosen.set(cellId(one), one);
  }
  const block = Math.max(0, ...repeats.map((repeat) => repeat.block)) + 1;
  const templates = new Map(
    repeats.filter(({ pass }) => pass === 'timed').map((repeat) => [cellId(repeat.cell), repeat]),
  );
  const inOrder = inRandomOrder([...chosen.values()], randomSeed + block).map((cell) => ({ cell }));
  return capacitiesFirst(scenario, inOrder).map(({ cell }, index) => ({
    ...templates.get(cellId(cell))!,
    repeatId: repeatId('timed', block, { cell }),
    block,
    position: repeats.length + 1 + index,
  }));
}

/** What a repeat of each cell takes, in milliseconds: the median of those that were made. */
function durationsOf(timed: readonly Measured[]): Map<string, number> {
  const byCell = groupBy(timed, ({ cell }) => cellId(cell));
  return new Map([...byCell].map(([id, made]) => [id, median(made.map(({ elapsedMs }) => elapsedMs)) ?? 0]));
}

/** Set-up of a traced repeat and its tracer, beside the times of its load. */
const aroundTracedMs = 1200;

/** Traced repeats come last, and their time is kept for them. */
function tracedMs({ manifest, records }: Pick<Run, 'manifest' | 'records'>): number {
  const made = new Set(records.map((record) => record.repeatId));
  return sum(
    manifest.repeats
      .filter(({ pass, repeatId: id }) => pass === 'traced' && !made.has(id))
      .map(({ warmupMs, windowMs, drainMs }) => warmupMs + windowMs + drainMs + aroundTracedMs),
  );
}

/** What became of the precision that a run was to reach. */
export interface PrecisionReached {
  readonly target: number;
  readonly ratios: number;
  /** Of the ratios those whose interval is as narrow as wanted. */
  readonly within: number;
  /** How far the widest interval reaches, as a share; null: not known. */
  readonly widest: number | null;
  /** Time that all timed repeats took together. */
  readonly spentMs: number;
  /** What it would have taken to make every cell as often as the one that was made most often. */
  readonly equalMs: number;
}

/** Null for a run that was to reach none. */
export function precisionReached(
  run: Pick<Run, 'manifest' | 'records'> | DigestedRun,
): PrecisionReached | null {
  const { precision } = run.manifest;
  if (precision === undefined) return null;
  const timed = timedOf(run);
  const wanted = ratiosIn(run.manifest, timed);
  const widths = wanted.map(widthOf);
  const most = Math.max(0, ...wanted.map(({ values }) => values.length));
  return {
    target: precision.target,
    ratios: wanted.length,
    within: widths.filter((width) => width !== null && width <= precision.target).length,
    widest: widths.some((width) => width === null) ? null : Math.max(0, ...present(widths)),
    spentMs: sum(timed.map(({ elapsedMs }) => elapsedMs)),
    equalMs: most * sum([...durationsOf(timed).values()]),
  };
}
