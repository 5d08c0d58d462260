import type { Run, SeedTables } from '../core/journal.ts';
import { buildGrid, type Grid } from './cells.ts';
import { runChecks, type Check } from './checks.ts';
import { digestOf, type DigestedRun } from './digest.ts';
import { headline, type Headline } from './headline.ts';
import { judgeHypotheses, type HypothesisResult } from './hypotheses.ts';
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
  /** What the scenario's hypotheses came to, in its order. */
  readonly hypotheses: readonly HypothesisResult[];
}

/** `seedTables`: null where nobody asks about them. */
export function analysePage(
  of: Run | DigestedRun,
  load: string,
  seedTables: SeedTables | null,
): PageAnalysis {
  const run = digestOf(of);
  const grid = buildGrid(run, load);
  const { seedTable } = run.manifest.scenario;
  const seed = seedTable === undefined ? undefined : seedTables?.get(seedTable);
  return {
    run,
    grid,
    headline: headline(run, grid),
    checks: runChecks(grid),
    traced: tracedPass(run, grid),
    seed: seed ? seedRates(seed) : null,
    hypotheses: judgeHypotheses(run, grid, seedTables ?? new Map()),
  };
}
