import type { RunFrame } from '../core/journal.ts';
import { formatInstant, plural } from './format.ts';
import { blocks, code, escapeText } from './markdown.ts';
import { commitText, environmentText } from './sections/environment.ts';

/**
 * What GitHub takes as the summary of one step is 1024 KiB:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits.
 * Some room is left for what the step says itself.
 */
export const summaryLimitBytes = 1000 * 1024;

export interface Summarised {
  readonly run: RunFrame;
  /** Path of the run's directory, as a reader is told it. */
  readonly runPlace: string;
  /** The run's page and its path; null where nothing was measured that a page could show. */
  readonly page: { readonly markdown: string; readonly place: string } | null;
  /** The summary is not longer, unless there is no room for the lines that name the run. */
  readonly roomBytes: number;
}

/**
 * A run in one Markdown text that stands alone, as the summary of a job does: the page's opening, its first table and
 * its failures, without pictures and links into a repository that may not hold them. It is cut between sections.
 */
export function jobSummary({ run, runPlace, page, roomBytes }: Summarised): string {
  const sections = page === null ? [unmeasured(run)] : tellingSections(page.markdown).map(standingAlone);
  const closing = provenance(run, runPlace, page?.place ?? null);
  const whole = assemble([...sections, closing]);
  if (byteLength(whole) <= roomBytes) return whole;
  const shorter = sections.map((_, dropped) =>
    assemble([...sections.slice(0, sections.length - 1 - dropped), cutNote, closing]),
  );
  return shorter.find((text) => byteLength(text) <= roomBytes) ?? shorter.at(-1)!;
}

const cutNote =
  '**The rest is left out: it is longer than the summary of a job may be. The whole report has it.**';

const assemble = (parts: readonly string[]): string => `${blocks(parts)}\n`;

/** Length in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** What stands before the first section, that section, which has the figures, and those about failures. */
function tellingSections(page: string): string[] {
  return page
    .split(/^(?=## )/m)
    .map((section) => section.trim())
    .filter((section, index) => index < 2 || section.startsWith('## Failures'));
}

const linkText = String.raw`\[((?:\\.|[^\]\\])*)\]`;
const picture = new RegExp(String.raw`^!${linkText}\([^)]*\)$\n*`, 'gm');
const localLink = new RegExp(String.raw`(?<!\\)${linkText}\((?!https?:)[^)]*\)`, 'g');

/** Leaves pictures out, and of links to files and to other sections their text alone. */
const standingAlone = (section: string): string =>
  section.replace(picture, '').replace(localLink, '$1').trim();

function unmeasured({ manifest }: RunFrame): string {
  const { scenario, repeats } = manifest;
  return blocks([
    `# ${escapeText(scenario.title)}: nothing was measured`,
    `None of ${plural(repeats.length, 'planned repeat')} came as far as a record.`,
  ]);
}

/** Which run it was, and where the rest of it is. */
function provenance({ manifest }: RunFrame, runPlace: string, pagePlace: string | null): string {
  const { environment, git, createdAt, planName } = manifest;
  const report =
    pagePlace === null
      ? ''
      : ` The whole report, with its charts, is ${code(pagePlace)}, which ${code('npx tsx harness/report.ts')} makes from it.`;
  return `Run ${code(runPlace)}: plan ${code(planName)}, measured ${formatInstant(createdAt)} on ${environmentText(environment)}; commit ${commitText(git)}.${report}`;
}
