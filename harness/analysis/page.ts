import type { Run, SeedFigure } from '../core/journal.ts';
import { buildGrid, type Grid } from './cells.ts';
import { runChecks, type Check } from './checks.ts';
import { headline, type Headline } from './headline.ts';
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
}

export function analysePage(run: Run, load: string, seedFigures: readonly SeedFigure[] | null): PageAnalysis {
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

/** The loads that a run has records of, in the scenario's order. */
export function recordedLoads(run: Run, pass: 'timed' | 'any'): string[] {
  const records = run.records.filter((record) => pass === 'any' || record.pass === pass);
  const seen = new Set(records.map((record) => record.cell.load));
  const known = run.manifest.scenario.loads.map((load) => load.id).filter((id) => seen.has(id));
  return [...known, ...[...seen].filter((id) => !known.includes(id)).sort()];
}
