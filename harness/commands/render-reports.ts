import { join, relative, resolve, sep } from 'node:path';
import { compareLoads } from '../analysis/loads.ts';
import { recordedLoads } from '../analysis/digest.ts';
import { hasShares } from '../analysis/rate-curves.ts';
import { precisionReached } from '../analysis/precision.ts';
import { analysePage } from '../analysis/page.ts';
import { UserError } from '../core/errors.ts';
import type { Run } from '../core/journal.ts';
import { filesBelow, readText, removeFile, writeIfChanged } from '../effects/output-files.ts';
import { findRuns } from '../effects/results.ts';
import { readQuestions, readSeedTables } from '../effects/seed-figures.ts';
import { csvFiles } from '../render/csv.ts';
import { formatShare, plural } from '../render/format.ts';
import { opening } from '../render/headline.ts';
import { indexName, renderIndex, type IndexEntry } from '../render/index-page.ts';
import { loadsLines } from '../render/loads-lines.ts';
import { ratesLines } from '../render/rates-page.ts';
import { isGridPage, renderSubject, subjectTitle } from '../render/subject.ts';
import {
  analyseAll,
  newestByPage,
  subjectsOf,
  timedPages,
  wantedRuns,
  type AnalysedRun,
  type ReportOptions,
} from './analysed-runs.ts';

/** What the reports are to be: nothing is written yet. */
interface Rendered {
  /** Texts by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the pages, the index last. */
  readonly pages: readonly string[];
  /** Directories of charts and side pages that belong to the rendered pages, and to nothing else. */
  readonly pageDirs: readonly string[];
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
  const removed = await superfluousFiles(rendered);
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
    : await superfluousFiles(rendered);
  for (const path of others) differences.push({ path, what: 'is superfluous' });
  return { differences, checked: rendered.files.size };
}

async function superfluousFiles({ pageDirs, files }: Rendered): Promise<string[]> {
  const below = await Promise.all(pageDirs.map(filesBelow));
  return below.flat().filter((path) => !files.has(path) && /\.(svg|vl\.json|md)$/.test(path));
}

/** The answer of a run in a few lines for a terminal. */
export const summarise = (run: Run): string[] => [...answers(run), ...precisionLine(run)];

/** What became of the precision that a run was to reach. */
function precisionLine(run: Run): string[] {
  const reached = precisionReached(run);
  if (reached === null) return [];
  const { within, ratios, target } = reached;
  const end = within === ratios ? '' : '; the time was up';
  return [`Precision: ${within} of ${plural(ratios, 'ratio')} within ${formatShare(target)}${end}.`];
}

function answers(run: Run): string[] {
  const loads = recordedLoads(run, 'timed');
  if (hasShares(run.manifest.scenario)) {
    return loads.flatMap((load) => ratesLines(analysePage(run, load, null)));
  }
  if (loads.length > 1) return loadsLines(compareLoads(run, loads));
  return loads.flatMap((load) => {
    const page = analysePage(run, load, null);
    if (!isGridPage(page)) return [subjectTitle(page)];
    const { title, answer, caveats } = opening(page);
    const grave = caveats.filter((caveat) => caveat.grave).map((caveat) => `Mind: ${caveat.text}`);
    return [title, ...answer.map((sentences) => sentences.join(' ')), ...grave];
  });
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
  const index = await renderIndex(
    indexEntries(all, reportsDir),
    await readQuestions(),
    await readSeedTables(),
  );
  for (const [path, text] of index) add(join(reportsDir, path), text);
  const names = [...shown.keys(), indexName];
  return {
    files,
    pages: names.map((name) => join(reportsDir, `${name}.md`)),
    pageDirs: names.map((name) => join(reportsDir, name)),
    complete: options.runDirs === undefined && options.scenario === undefined,
  };
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
