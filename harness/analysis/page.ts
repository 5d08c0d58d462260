import type { Run, SeedTables } from '../core/journal.ts';
import { buildGrid, type Grid } from './cells.ts';
import { runChecks, type Check } from './checks.ts';
import { headline, type Headline } from './headline.ts';
import { judgeHypotheses, type HypothesisResult } from './hypotheses.ts';
import { seedRates, type RateTable } from './shape.ts';
import { tracedPass, type TracedPass } from './syscalls.ts';

/** All that the page about one load of a run is made from. */
export interface PageAnalysis {
  readonly run: Run;
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
export function analysePage(run: Run, load: string, seedTables: SeedTables | null): PageAnalysis {
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

/** The loads that a run has records of, in the scenario's order. */
export function recordedLoads(run: Run, pass: 'timed' | 'any'): string[] {
  const records = run.records.filter((record) => pass === 'any' || record.pass === pass);
  const seen = new Set(records.map((record) => record.cell.load));
  const known = run.manifest.scenario.loads.map((load) => load.id).filter((id) => seen.has(id));
  return [...known, ...[...seen].filter((id) => !known.includes(id)).sort()];
}
