import type { Run, SeedFigure } from '../core/journal.ts';
import { buildGrid, type Grid } from './cells.ts';
import { runChecks, type Check } from './checks.ts';
import { digestOf, type DigestedRun } from './digest.ts';
import { headline, type Headline } from './headline.ts';
import { seedRates, type RateTable } from './shape.ts';
import { tracedPass, type TracedPass } from './syscalls.ts';

/** All that the page about one load of a run is made from. */
export interface PageAnalysis {
  readonly run: DigestedRun;
  readonly grid: Grid;
  readonly headline: Headline;
  readonly checks: readonly Check[];
  readonly traced: TracedPass;
  /** The seed's table, for a scenario that rebuilds one. */
  readonly seed: RateTable | null;
}

export function analysePage(
  of: Run | DigestedRun,
  load: string,
  seedFigures: readonly SeedFigure[] | null,
): PageAnalysis {
  const run = digestOf(of);
  const grid = buildGrid(run, load);
  return {
    run,
    grid,
    headline: headline(run, grid),
    checks: runChecks(grid),
    traced: tracedPass(run, grid),
    seed: seedFigures ? seedRates(seedFigures) : null,
  };
}
