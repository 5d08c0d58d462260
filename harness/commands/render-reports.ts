import { join, relative, resolve, sep } from 'node:path';
import { compareLoads } from '../analysis/loads.ts';
import { analysePage, recordedLoads, type PageAnalysis } from '../analysis/page.ts';
import { UserError } from '../core/errors.ts';
import type { Run } from '../core/journal.ts';
import { filesBelow, readText, removeFile, writeIfChanged } from '../effects/output-files.ts';
import { findRuns, readRun, type StoredRun } from '../effects/results.ts';
import { readSeedFigures } from '../effects/seed-figures.ts';
import { csvFiles } from '../render/csv.ts';
import { opening } from '../render/headline.ts';
import { indexName, renderIndex, type IndexEntry } from '../render/index-page.ts';
import { isGridPage, renderSubject, subjectTitle, type Subject } from '../render/subject.ts';

export interface ReportOptions {
  readonly resultsDir: string;
  readonly reportsDir: string;
  /** Only these runs' pages and tables; the index holds all runs in any case. */
  readonly runDirs?: readonly string[];
  /** Only this scenario's pages and tables. */
  readonly scenario?: string;
}

/** What the reports are to be: nothing is written yet. */
interface Rendered {
  /** Texts by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the pages, the index last. */
  readonly pages: readonly string[];
  /** Directories of charts that belong to the rendered pages, and to nothing else. */
  readonly chartDirs: readonly string[];
  /** Whether all reports were rendered, so that any other file is one too many. */
  readonly complete: boolean;
}

/** Renders the reports and writes those that changed. Throws UserError; then nothing was written. */
export async function renderReports(
  options: ReportOptions,
): Promise<{ written: string[]; removed: string[]; pages: string[] }> {
  const rendered = await render(options);
  const written: string[] = [];
  for (const [path, text] of rendered.files) {
    if (await writeIfChanged(path, text)) written.push(path);
  }
  const removed = await superfluousCharts(rendered);
  for (const path of removed) await removeFile(path);
  return { written, removed, pages: [...rendered.pages] };
}

export interface Difference {
  readonly path: string;
  readonly what: 'differs' | 'is missing' | 'is superfluous';
}

/** Holds the files against what they would be. Writes nothing. */
export async function checkReports(
  options: ReportOptions,
): Promise<{ differences: Difference[]; checked: number }> {
  const rendered = await render(options);
  const differences: Difference[] = [];
  for (const [path, text] of rendered.files) {
    const found = await readText(path);
    if (found !== text) differences.push({ path, what: found === null ? 'is missing' : 'differs' });
  }
  const others = rendered.complete
    ? (await filesBelow(resolve(options.reportsDir))).filter((path) => !rendered.files.has(path))
    : await superfluousCharts(rendered);
  for (const path of others) differences.push({ path, what: 'is superfluous' });
  return { differences, checked: rendered.files.size };
}

async function superfluousCharts({ chartDirs, files }: Rendered): Promise<string[]> {
  const below = await Promise.all(chartDirs.map(filesBelow));
  return below
    .flat()
    .filter((path) => !files.has(path) && (path.endsWith('.svg') || path.endsWith('.vl.json')));
}

/** The answer of a run in a few lines for a terminal. */
export function summarise(run: Run): string[] {
  const loads = recordedLoads(run, 'timed');
  if (loads.length > 1) return [subjectTitle(compareLoads(run, loads))];
  return loads.flatMap((load) => {
    const page = analysePage(run, load, null);
    if (!isGridPage(page)) return [subjectTitle(page)];
    const { title, answer, caveats } = opening(page);
    const grave = caveats.filter((caveat) => caveat.grave).map((caveat) => `Mind: ${caveat.text}`);
    return [title, ...answer.map((sentences) => sentences.join(' ')), ...grave];
  });
}

interface AnalysedRun {
  readonly run: StoredRun;
  readonly pages: readonly PageAnalysis[];
}

async function render(options: ReportOptions): Promise<Rendered> {
  const reportsDir = resolve(options.reportsDir);
  const all = await analyseAll(await findRuns(resolve(options.resultsDir)));
  const wanted = await wantedRuns(options, all);
  const files = new Map<string, string>();
  const add = (path: string, text: string): void => {
    if (files.has(path)) {
      throw new UserError(`two pages would be written to ${path}`, 'rename one of the scenarios or loads');
    }
    files.set(path, text);
  };

  for (const { run, pages } of wanted) {
    for (const [name, text] of csvFiles(pages)) add(join(run.directory, name), text);
  }
  const shown = newestByPage(wanted);
  for (const [pageName, { run, subject }] of shown) {
    const runPath = linkBetween(reportsDir, run.directory);
    const rendered = await renderSubject(subject, timedPages(subject.run, wanted), pageName, runPath);
    for (const [path, text] of rendered) add(join(reportsDir, path), text);
  }
  const index = await renderIndex(indexEntries(all, reportsDir));
  for (const [path, text] of index) add(join(reportsDir, path), text);
  const names = [...shown.keys(), indexName];
  return {
    files,
    pages: names.map((name) => join(reportsDir, `${name}.md`)),
    chartDirs: names.map((name) => join(reportsDir, name)),
    complete: options.runDirs === undefined && options.scenario === undefined,
  };
}

async function analyseAll(directories: readonly string[]): Promise<AnalysedRun[]> {
  const analysed: AnalysedRun[] = [];
  for (const directory of directories) {
    const run = await readRun(directory);
    analysed.push({ run, pages: await analyseRun(run) });
  }
  return analysed;
}

/** What a run's pages and tables are made from, one for each of its loads. */
export async function analyseRun(run: Run): Promise<PageAnalysis[]> {
  const { seedTable } = run.manifest.scenario;
  const figures = seedTable === undefined ? null : await readSeedFigures(seedTable);
  return recordedLoads(run, 'any').map((load) => analysePage(run, load, figures));
}

/** The runs whose pages and tables are asked for. */
async function wantedRuns(
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
  const { name, loads } = run.manifest.scenario;
  const standsIn = grid.load === 'epoll' && !loads.some(({ id }) => id === 'uring');
  return grid.load === 'uring' || standsIn ? name : `${name}-${grid.load}`;
}

const isTimed = (page: PageAnalysis): boolean => page.grid.cells.some((cell) => cell.repeats.length > 0);

interface ShownRun {
  readonly run: StoredRun;
  readonly subject: Subject;
}

/** The pages that a run gives, by name. */
function subjectsOf({ run, pages }: AnalysedRun): [string, Subject][] {
  const timed = pages.filter(isTimed);
  if (timed.length <= 1) return timed.map((page) => [pageNameOf(page), page]);
  const loads = timed.map((page) => page.grid.load);
  return [[run.manifest.scenario.name, compareLoads(run, loads)]];
}

/** For each page the newest run that has timed records, pages in the order of their names. */
function newestByPage(runs: readonly AnalysedRun[]): Map<string, ShownRun> {
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
function timedPages(run: Run, among: readonly AnalysedRun[]): PageAnalysis[] {
  return (among.find((analysed) => analysed.run === run)?.pages ?? []).filter(isTimed);
}

function isNewer({ manifest: a }: Run, { manifest: b }: Run): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a.runId > b.runId;
}

function indexEntries(all: readonly AnalysedRun[], reportsDir: string): IndexEntry[] {
  const newest = newestByPage(all);
  return all.flatMap((analysed) =>
    subjectsOf(analysed).map(([pageName, subject]) => ({
      subject,
      runPath: linkBetween(reportsDir, analysed.run.directory),
      pageName: newest.get(pageName)?.run === analysed.run ? pageName : null,
    })),
  );
}

function linkBetween(from: string, to: string): string {
  return relative(from, to).split(sep).join('/');
}
