import { join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { appendText, readText } from '../effects/output-files.ts';
import { findRuns } from '../effects/results.ts';
import { shownPath } from '../effects/shown-path.ts';
import { byteLength, jobSummary, summaryLimitBytes } from '../render/job-summary.ts';
import { renderSubject } from '../render/subject.ts';
import {
  analyseAll,
  newestOf,
  subjectsOf,
  timedPages,
  wantedRuns,
  type AnalysedRun,
  type ReportOptions,
} from './analysed-runs.ts';

/**
 * Appends a summary of the newest of the wanted runs to `file`, which stays within what GitHub takes. Throws UserError
 * where there is no run, or no room left.
 */
export async function writeJobSummary(
  options: ReportOptions,
  file: string,
): Promise<{ runDir: string; bytes: number }> {
  const all = await analyseAll(await findRuns(resolve(options.resultsDir)));
  const analysed = newestOf(await wantedRuns(options, all));
  const path = resolve(file);
  const before = (await readText(path)) ?? '';
  // A heading is one only after an empty line.
  const gap = before === '' ? '' : '\n\n';
  const room = summaryLimitBytes - byteLength(before + gap);
  const text = jobSummary({ ...(await pageOf(analysed, options.reportsDir)), roomBytes: room });
  if (byteLength(text) > room) {
    throw new UserError(`${file} has no room left for a summary`, 'name a file of its own');
  }
  await appendText(path, gap + text);
  return { runDir: analysed.run.directory, bytes: byteLength(text) };
}

/** The page that the run would have if it were the only one. */
async function pageOf(analysed: AnalysedRun, reportsDir: string) {
  const { run } = analysed;
  const place = { run, runPlace: shownPath(run.directory) };
  const [named] = subjectsOf(analysed);
  if (named === undefined) return { ...place, page: null };
  const [pageName, subject] = named;
  const rendered = await renderSubject(subject, timedPages(run, [analysed]), pageName, '');
  const pageFile = `${pageName}.md`;
  return {
    ...place,
    page: { markdown: rendered.get(pageFile)!, place: shownPath(join(resolve(reportsDir), pageFile)) },
  };
}
