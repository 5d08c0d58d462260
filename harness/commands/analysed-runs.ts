import { resolve } from 'node:path';
import { compareLoads } from '../analysis/loads.ts';
import { hasShares } from '../analysis/rate-curves.ts';
import { recordedLoads, type DigestedRun } from '../analysis/digest.ts';
import { placedName } from '../analysis/places.ts';
import { analysePage, type PageAnalysis } from '../analysis/page.ts';
import { UserError } from '../core/errors.ts';
import type { Run, RunFrame, SeedTables } from '../core/journal.ts';
import { readSeedTables } from '../effects/seed-figures.ts';
import type { Subject } from '../render/subject.ts';
import { readDigest, type StoredDigest } from './digest-run.ts';

/** Which runs the reports are made from, and where these are. */
export interface ReportOptions {
  readonly resultsDir: string;
  readonly reportsDir: string;
  /** Only these runs' pages and tables; the index holds all runs in any case. */
  readonly runDirs?: readonly string[];
  /** Only this scenario's pages and tables. */
  readonly scenario?: string;
}

/** A run with each of its loads analysed. */
export interface AnalysedRun {
  readonly run: StoredDigest;
  readonly pages: readonly PageAnalysis[];
}

/** Reads and analyses the runs in these directories. Throws UserError. */
export async function analyseAll(directories: readonly string[]): Promise<AnalysedRun[]> {
  const tables = await readSeedTables();
  const analysed: AnalysedRun[] = [];
  for (const directory of directories) {
    const run = await readDigest(directory);
    analysed.push({ run, pages: analyseRun(run, tables) });
  }
  return analysed;
}

/** What a run's pages and tables are made from, one for each of its loads. */
export const analyseRun = (run: Run | DigestedRun, tables: SeedTables): PageAnalysis[] =>
  recordedLoads(run, 'any').map((load) => analysePage(run, load, tables));

/** The runs whose pages and tables are asked for. Throws UserError where there are none. */
export async function wantedRuns(
  { resultsDir, runDirs, scenario }: ReportOptions,
  all: readonly AnalysedRun[],
): Promise<readonly AnalysedRun[]> {
  if (runDirs !== undefined) {
    const paths = runDirs.map((directory) => resolve(directory));
    const elsewhere = paths.filter((path) => !all.some(({ run }) => run.directory === path));
    return [
      ...all.filter(({ run }) => paths.includes(run.directory)),
      ...(await analyseAll([...new Set(elsewhere)])),
    ];
  }
  const wanted = all.filter(({ run }) => scenario === undefined || run.manifest.scenario.name === scenario);
  if (wanted.length === 0) {
    const of = scenario === undefined ? '' : ` of scenario ${scenario}`;
    throw new UserError(
      `there is no run${of} in ${resultsDir}`,
      `measure one: npx tsx harness/run.ts --scenario ${scenario ?? 'single-core'} --quick`,
    );
  }
  return wanted;
}

/** The page of the default load, or of what stands in for it, has the scenario's name; those of other loads say so. */
function pageNameOf({ run, grid }: PageAnalysis): string {
  const { loads } = run.manifest.scenario;
  const name = placedName(run.manifest);
  const standsIn = grid.load === 'epoll' && !loads.some(({ id }) => id === 'uring');
  return grid.load === 'uring' || standsIn ? name : `${name}-${grid.load}`;
}

const isTimed = (page: PageAnalysis): boolean => page.grid.cells.some((cell) => cell.repeats.length > 0);

interface ShownRun {
  readonly run: StoredDigest;
  readonly subject: Subject;
}

/** The pages that a run gives, by name. */
export function subjectsOf({ run, pages }: AnalysedRun): [string, Subject][] {
  const timed = pages.filter(isTimed);
  if (timed.length <= 1) return timed.map((page) => [pageNameOf(page), page]);
  // Its page shows all of its loads.
  if (hasShares(run.manifest.scenario)) return [[placedName(run.manifest), timed[0]!]];
  const loads = timed.map((page) => page.grid.load);
  return [[placedName(run.manifest), compareLoads(run, loads)]];
}

/** For each page the newest run that has timed records, pages in the order of their names. */
export function newestByPage(runs: readonly AnalysedRun[]): Map<string, ShownRun> {
  const newest = new Map<string, ShownRun>();
  for (const analysed of runs) {
    const { run } = analysed;
    for (const [name, subject] of subjectsOf(analysed)) {
      const other = newest.get(name);
      if (!other || isNewer(run, other.run)) newest.set(name, { run, subject });
    }
  }
  return new Map([...newest].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The pages of a run's loads, each by itself. */
export function timedPages(run: RunFrame, among: readonly AnalysedRun[]): PageAnalysis[] {
  return (among.find((analysed) => analysed.run === run)?.pages ?? []).filter(isTimed);
}

/** Of runs, of which there is at least one. */
export const newestOf = (runs: readonly AnalysedRun[]): AnalysedRun =>
  runs.reduce((newest, other) => (isNewer(other.run, newest.run) ? other : newest));

function isNewer({ manifest: a }: RunFrame, { manifest: b }: RunFrame): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a.runId > b.runId;
}
