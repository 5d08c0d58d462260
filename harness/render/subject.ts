import { compareConditions } from '../analysis/conditions.ts';
import type { LoadComparison } from '../analysis/loads.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { analysePhenomenon, hasPackets, type Phenomenon } from '../analysis/phenomenon.ts';
import { isTrial } from '../analysis/trial.ts';
import { conditionsTitle, renderConditionsPage } from './conditions-page.ts';
import { opening } from './headline.ts';
import { loadsTitle, renderLoadsPage } from './loads-page.ts';
import { renderPage, type RenderedFiles } from './page.ts';
import { phenomenonTitle, renderPhenomenonPage } from './phenomenon-page.ts';
import { isRatesPage, ratesTitle, renderRatesPage } from './rates-page.ts';
import { isSweepPage, renderSweepPage, sweepTitle } from './sweep-page.ts';
import { renderTrialPage, trialTitle } from './trial-page.ts';

/** What one page is about: one load of a run, or a comparison of the several that it has. */
export type Subject = PageAnalysis | LoadComparison;

/** Whether the page of one load begins with an answer about its grid, instead of being of a kind of its own. */
export const isGridPage = ({ run }: PageAnalysis): boolean => run.manifest.scenario.conditions === undefined;

const phenomenonOf = ({ run, grid }: PageAnalysis): Phenomenon =>
  analysePhenomenon(compareConditions(run, grid));

/** The heading of its page. */
export function subjectTitle(subject: Subject): string {
  if ('loads' in subject) return loadsTitle(subject);
  if (isGridPage(subject)) return opening(subject).title;
  if (hasPackets(subject.run)) return phenomenonTitle(phenomenonOf(subject));
  if (isRatesPage(subject)) return ratesTitle(subject);
  if (isSweepPage(subject)) return sweepTitle(subject);
  if (isTrial(subject.run)) return trialTitle(subject);
  return conditionsTitle(compareConditions(subject.run, subject.grid));
}

/** Its page, named `pageName`, with its charts; `pages` holds the loads of its run, each by itself. */
export async function renderSubject(
  subject: Subject,
  pages: readonly PageAnalysis[],
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  if ('loads' in subject) return renderLoadsPage(subject, pages, pageName, runPath);
  if (isGridPage(subject)) return renderPage(subject, pageName, runPath);
  if (hasPackets(subject.run)) return renderPhenomenonPage(phenomenonOf(subject), subject, pageName, runPath);
  if (isRatesPage(subject)) return renderRatesPage(subject, pages, pageName, runPath);
  if (isSweepPage(subject)) return renderSweepPage(subject, pageName, runPath);
  if (isTrial(subject.run)) return renderTrialPage(subject, pageName, runPath);
  return renderConditionsPage(compareConditions(subject.run, subject.grid), subject, pageName, runPath);
}
