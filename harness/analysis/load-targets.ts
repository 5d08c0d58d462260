import type { LoadTarget } from '../core/load-target.ts';
import type { Series } from './cells.ts';
import { fewestForInterval, type Interval } from './intervals.ts';
import type { LoadComparison } from './loads.ts';

/** `met`, `missed`: the whole 95 % interval lies there; `open`: it does not, or the blocks are too few for one. */
export type TargetOutcome = 'met' | 'missed' | 'open' | 'not measured';

/** What became of a target at one place of the grid. */
export interface HeldTarget {
  readonly target: LoadTarget;
  readonly series: Series;
  readonly concurrency: number;
  /** Over the reference load, within each block. */
  readonly ratio: Interval | null;
  readonly outcome: TargetOutcome;
}

/** Every target of the run's scenario, at each of its concurrencies that the run has. */
export function heldTargets(comparison: LoadComparison): HeldTarget[] {
  const { run, series, concurrencies, at } = comparison;
  return run.manifest.scenario.loadTargets.flatMap((target) =>
    series.flatMap((one) =>
      concurrencies
        .filter((concurrency) => target.concurrencies.includes(concurrency))
        .map((concurrency) => {
          const cell = at(target.load, one.id, concurrency);
          const ratio = (target.figure === 'CPU time a request' ? cell?.cpuRatio : cell?.rateRatio) ?? null;
          return { target, series: one, concurrency, ratio, outcome: outcomeOf(target, ratio) };
        }),
    ),
  );
}

function outcomeOf({ atLeast = 0, atMost = Infinity }: LoadTarget, ratio: Interval | null): TargetOutcome {
  if (ratio === null) return 'not measured';
  const { low, high, blocks } = ratio;
  if (low === null || high === null || blocks < fewestForInterval) return 'open';
  if (low >= atLeast && high <= atMost) return 'met';
  return high < atLeast || low > atMost ? 'missed' : 'open';
}
