import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { isNarrow, nextBlock, wantedRatios } from '../../harness/analysis/precision.ts';
import { groupBy, median, sum } from '../../harness/analysis/statistics.ts';
import type { Run } from '../../harness/core/journal.ts';
import type { Manifest, PlannedRepeat } from '../../harness/core/manifest.ts';
import { cellId, throughput, type Cell, type RepeatRecord } from '../../harness/core/record.ts';
import { repeatId } from '../../harness/core/plan.ts';
import { fewestBlocks } from '../../harness/core/stopping.ts';

/** What a simulated run took, in milliseconds of timed repeats. */
export interface Cost {
  /** Spending repeats where ratios are not known well enough. */
  readonly adaptiveMs: number;
  /** As many repeats of every cell as the worst one needs. */
  readonly equalMs: number;
}

/** A run whose cells have the rates, the noise and the durations that they had in a real one. */
interface Known {
  readonly cell: Cell;
  readonly durationMs: number;
  readonly rate: number;
  /** Logarithms of what its repeats deviated by. */
  readonly noise: readonly number[];
}

/** No run is that long; only a cell that cannot be known would ask for it. */
const mostBlocks = 400;

/** Two runs on the grid of a real one, each until every ratio's interval is within `target`. */
export function simulate(run: Run, target: number, seed: number): Cost {
  const known = knownCells(run);
  return {
    adaptiveMs: goOn(run, known, target, seed, nextBlock),
    equalMs: goOn(run, known, target, seed + 1, (state) =>
      wantedRatios(state).every((ratio) => isNarrow(ratio, target))
        ? []
        : fullBlock(known, Math.max(...state.manifest.repeats.map(({ block }) => block)) + 1),
    ),
  };
}

function knownCells(run: Run): Known[] {
  const good = run.records.filter(({ pass, status }) => pass === 'timed' && status === 'ok');
  const byCell = groupBy(good, ({ cell }) => cellId(cell));
  return [...byCell.values()].map((records) => {
    const logs = records.map(({ load }) => Math.log(throughput(load!)));
    const mean = sum(logs) / logs.length;
    // The mean of few lies nearer to them than the truth does.
    const widen = Math.sqrt(logs.length / (logs.length - 1));
    return {
      cell: records[0]!.cell,
      durationMs: median(records.map(({ elapsedMs }) => elapsedMs))!,
      rate: Math.exp(mean),
      noise: logs.map((log) => (log - mean) * widen),
    };
  });
}

function fullBlock(known: readonly Known[], block: number): PlannedRepeat[] {
  return known.map(({ cell }, index) => ({
    repeatId: repeatId('timed', block, { cell }),
    pass: 'timed',
    block,
    position: index + 1,
    cell,
    warmupMs: 0,
    windowMs: 1000,
    drainMs: 0,
  }));
}

type State = Pick<Run, 'manifest' | 'records'>;

function goOn(
  { manifest }: Run,
  known: readonly Known[],
  target: number,
  seed: number,
  more: (state: State) => readonly PlannedRepeat[],
): number {
  const random = xoroshiro128plus(seed);
  const byCell = new Map(known.map((cell) => [cellId(cell.cell), cell]));
  const make = (planned: PlannedRepeat): RepeatRecord => {
    const { rate, noise, durationMs } = byCell.get(cellId(planned.cell))!;
    const deviation = noise[uniformInt(random, 0, noise.length - 1)]!;
    // A window of a second, and a rate of a million a second, so that counting does not round.
    const succeeded = Math.round(rate * 1000 * Math.exp(deviation));
    return {
      ...planned,
      status: 'ok',
      elapsedMs: durationMs,
      load: { window: { durationMs: 1000, succeeded } },
    } as unknown as RepeatRecord;
  };
  const repeats = Array.from({ length: fewestBlocks }, (_, at) => fullBlock(known, at + 1)).flat();
  const precision: Manifest['precision'] = { target, budgetMs: Number.MAX_SAFE_INTEGER };
  let state: State = { manifest: { ...manifest, precision, repeats }, records: repeats.map(make) };
  for (let block = 0; block < mostBlocks; block++) {
    const next = more(state);
    if (next.length === 0) break;
    state = {
      manifest: { ...state.manifest, repeats: [...state.manifest.repeats, ...next] },
      records: [...state.records, ...next.map(make)],
    };
  }
  return sum(state.records.map(({ elapsedMs }) => elapsedMs));
}
