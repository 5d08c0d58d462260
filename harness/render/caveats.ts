import type { Coverage, Headline } from '../analysis/headline.ts';
import { strangersShareLimit } from '../analysis/cpu.ts';
import type { CellAnalysis, Grid } from '../analysis/cells.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { present } from '../analysis/statistics.ts';
import type { RunFrame } from '../core/journal.ts';
import type { Environment, Manifest } from '../core/manifest.ts';
import { formatDuration } from '../core/units.ts';
import { formatShare, listOf, plural } from './format.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import { escapeText } from './markdown.ts';
import { tallyText } from './verdict-text.ts';
import { unsaturatedText } from './sections/jerries.ts';
import { missingShardsText } from './shards.ts';

export interface Caveat {
  readonly text: string;
  /** Must not be overlooked. */
  readonly grave: boolean;
}

/** Said beside the figures: nothing else changes them as much. Null where every host has its own cores. */
export function sharedCoresText({ sharedCores }: Environment): string | null {
  if (sharedCores.length === 0) return null;
  const cores = `${sharedCores.length === 1 ? 'core' : 'cores'} ${listOf(sharedCores.map(String))}`;
  return `Tom and Jerry share ${cores}: server and load take CPU time from each other.`;
}

/** As an item of a list, bold where it must not be overlooked. */
export const caveatLine = ({ text, grave }: Caveat): string =>
  grave ? `- **${escapeText(text)}**` : `- ${escapeText(text)}`;

/** How far the figures of a page can be trusted. */
export function caveatsOf(page: PageAnalysis): Caveat[] {
  const { run, grid, headline } = page;
  const { coverage } = headline;
  const { environment } = run.manifest;
  const grave = (text: string | null): Caveat[] => (text === null ? [] : [{ grave: true, text }]);
  const light = (text: string | null): Caveat[] => (text === null ? [] : [{ grave: false, text }]);
  const notMade = coverage.planned - coverage.done;
  return [
    ...grave(sharedCoresText(environment)),
    ...grave(environment.hostNote),
    ...grave(missingShardsText(run.manifest)),
    ...run.manifest.notes.flatMap(light),
    ...light(verdictsText(grid)),
    ...grave(disturbedText(coverage)),
    ...light(leftOutText(run.manifest)),
    ...light(blocksText(coverage)),
    ...light(shortWindowsText(run.manifest, grid.load, headline)),
    ...(coverage.generatorBound.length * 2 > coverage.cells ? grave : light)(generatorText(coverage)),
    ...light(unsaturatedText(page)),
    ...grave(
      coverage.failed > 0
        ? `${coverage.failed} of ${plural(coverage.done, 'timed repeat')} failed (‡).`
        : null,
    ),
    ...grave(
      notMade > 0
        ? `${notMade} of ${plural(coverage.planned, 'planned repeat')} ${notMade === 1 ? 'was' : 'were'} not made: the run was interrupted.`
        : null,
    ),
    ...grave(
      run.torn ? 'The journal ends in the middle of a record, which is left out: the run was killed.' : null,
    ),
  ];
}

/** Servers that the scenario names and this machine did not have, by the reason. */
function leftOutText({ leftOut }: Manifest): string | null {
  if (leftOut.length === 0) return null;
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  const clauses = reasons.map((reason) => {
    const names = leftOut.filter((one) => one.reason === reason).map(({ label }) => label);
    return `${listOf(names)} (${reason})`;
  });
  return `Left out on this machine: ${listOf(clauses)}.`;
}

function blocksText({ blocks }: Coverage): string | null {
  if (blocks === 0) return null;
  if (blocks === 1) {
    return 'One block only: how far repeats lie apart is not known, so a small difference may be chance.';
  }
  if (blocks < fewestForInterval) {
    return `Figures are medians of ${blocks} blocks, which are too few for intervals: take a difference for a hint until a full run confirms it.`;
  }
  return `Figures are medians of ${blocks} blocks; in brackets stand 95 % intervals. Where an interval holds 1, the figures cannot say who is ahead (undecided).`;
}

/** A client in back-off comes again after 1, 3 or 7 s; a window that ends before does not see it return. */
const backOffMs = 3000;

function shortWindowsText({ repeats }: Manifest, load: string, { overflow }: Headline): string | null {
  const overflowed = new Set(
    overflow.flatMap((pattern) => pattern.overflowed.map((c) => `${pattern.series.variant} ${c}`)),
  );
  const windows = repeats
    .filter(({ pass, cell }) => pass === 'timed' && cell.load === load)
    .filter(({ cell }) => overflowed.has(`${cell.variant} ${cell.concurrency}`))
    .map(({ windowMs }) => windowMs);
  if (windows.length === 0 || Math.max(...windows) >= backOffMs) return null;
  return `Windows of ${formatDuration(Math.max(...windows))} are short where the queue overflows: a client that waits for a retransmission may come again after 1, 3 or 7 s only.`;
}

/** How many cells are what, so that nobody takes all figures for the servers'. */
function verdictsText(grid: Grid): string | null {
  const verdicts = grid.cells.filter((cell) => cell.repeats.length > 0).map(({ verdict }) => verdict);
  if (verdicts.length === 0) return null;
  return `What limited the ${plural(verdicts.length, 'cell')}: ${tallyText(verdicts)}. The evidence for each stands below its table.`;
}

function disturbedText({ disturbed, stolen, cells }: Coverage): string | null {
  if (disturbed === 0) return null;
  const who =
    stolen === 0
      ? ''
      : ` In ${stolen === disturbed ? 'all' : stolen} of them it was mostly the hypervisor, which gave the cores to other virtual machines.`;
  return `In ${disturbed} of ${plural(cells, 'cell')} something else than server, load and harness took more than ${formatShare(strangersShareLimit)} of the cores (¶).${who} Neither figures nor ratios there can be believed: measure again on a quiet machine.`;
}

function generatorText(coverage: Coverage): string | null {
  const { generatorBound, generatorUnknown, cells, cellsWithoutData } = coverage;
  const known = cells - cellsWithoutData - generatorUnknown;
  if (cells === cellsWithoutData) return null;
  if (known === 0) return 'Whether the load generator was the limit is not known.';
  const rest = generatorUnknown > 0 ? ` For ${plural(generatorUnknown, 'cell')} that is not known.` : '';
  if (generatorBound.length === 0 && coverage.disturbed > 0) return null;
  if (generatorBound.length === 0) return `The load generator had CPU to spare in every cell.${rest}`;
  return `In ${generatorBound.length} of ${plural(cells, 'cell')} the load generator was the limit or close to it (†): there the server could perhaps do more, and a ratio compares what the generator got out of each.${rest}`;
}

/** What a page that compares has to say beforehand of its run, one line each. */
export const runCaveats = ({ manifest }: RunFrame): (string | null)[] => [
  sharedCoresText(manifest.environment),
  manifest.environment.hostNote,
  missingShardsText(manifest),
  ...manifest.notes,
];

/** Null where nothing else took part of the cores. */
export function disturbedCells(cells: readonly CellAnalysis[]): string | null {
  const disturbed = cells.filter((cell) => cell.disturbed).length;
  return disturbed > 0 ? `In ${plural(disturbed, 'cell')} something else took part of the cores.` : null;
}

/** Lines that must not be overlooked; null where there is none. */
export function boldLines(lines: readonly (string | null)[]): string | null {
  const known = present(lines);
  return known.length === 0 ? null : known.map((line) => `- **${escapeText(line)}**`).join('\n');
}
