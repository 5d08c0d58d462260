import { groupBy, sum } from '../../analysis/statistics.ts';
import type { LoadComparison } from '../../analysis/loads.ts';
import { claimTolerance, heldClaims, type HeldClaim } from '../../analysis/tool-claims.ts';
import type { ClaimKind, Reason } from '../../analysis/tool-reasons.ts';
import {
  formatCount,
  formatRatio,
  formatShare,
  formatTime,
  formatWhole,
  listOf,
  noData,
  plural,
} from '../format.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';
import { gridTables } from './load-tables.ts';

/** What the tools say of themselves, held against the kernel's count; nothing where no tool says anything. */
export function toolClaimsSections(comparison: LoadComparison): string[] {
  const claims = heldClaims(comparison);
  if (claims.length === 0) return [];
  return [kernelSection(comparison), disagreements(comparison, claims)];
}

/** Successes and failures of a load, over the connections that the kernel opened for it. */
function kernelSection(comparison: LoadComparison): string {
  return blocks([
    '## What the loads counted, over the connections that the kernel opened',
    ...gridTables(
      comparison,
      ({ cell }) => {
        const good = cell.repeats.filter((repeat) => repeat.ok && repeat.countsApart && repeat.passiveOpens);
        const opened = sum(good.map(({ passiveOpens }) => passiveOpens ?? 0));
        const counted = sum(
          good.map(({ totalSucceeded, totalFailed }) => (totalSucceeded ?? 0) + (totalFailed ?? 0)),
        );
        return opened > 0 ? `${formatCount(Math.round((1000 * counted) / opened) / 10)} %` : noData;
      },
      true,
    ),
    'Requests that succeeded and those that failed, as the harness reads them from what the load prints. The kernel of the host Tom counts each connection that it opens (`PassiveOpens`), and each request has one of its own.',
  ]);
}

function disagreements(comparison: LoadComparison, claims: readonly HeldClaim[]): string {
  const off = claims.filter(({ agrees }) => !agrees);
  const { loads, series } = comparison;
  const rank = (claim: HeldClaim): number => loads.indexOf(claim.load);
  const sorted = [...off].sort((a, b) => rank(a) - rank(b) || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  return blocks([
    '## Where the tools disagree',
    `What each tool says itself, as it prints it, beside what follows from the kernel's count: requests per second are the connections that the kernel opened within the load's time, less those whose request failed; the mean response time is the concurrency over the connections a second (Little's law, since each client has one request at a time), with and without those in flight at the end; failed requests are the share of them that a load that looks at each response saw in the same cell, or else what the harness reads from the tool's output. No tool decides, ours included. ${plural(claims.length - off.length, 'figure')} of ${formatCount(claims.length)} agree within ${formatShare(claimTolerance)}. A figure is that of the repeat in the middle.`,
    off.length === 0
      ? null
      : table(
          [
            'tool',
            series.length === 1 ? '' : 'server',
            'connections',
            'its figure',
            'it says',
            'ours',
            'ratio',
            'why',
          ],
          [...groupBy(sorted, rowOf).values()].map((members) => [
            code(members[0]!.load),
            escapeText(members[0]!.cell.series.label),
            lines(members, ({ cell }) => formatCount(cell.concurrency)),
            escapeText(members[0]!.name),
            lines(members, ({ printed }) => escapeText(printed)),
            lines(members, rangeOfTruth),
            lines(members, ({ ratio }) => (ratio === null ? noData : formatRatio(ratio))),
            whyCell(members),
          ]),
          ['l', 'l', 'r', 'l', 'r', 'r', 'r', 'l'],
        ),
    silentText(comparison, claims),
  ]);
}

const kinds: readonly ClaimKind[] = ['rate', 'latency', 'failures'];

const truthText: Readonly<Record<ClaimKind, (truth: number) => string>> = {
  rate: (truth) => `${formatWhole(truth)} requests/s`,
  latency: formatTime,
  failures: formatWhole,
};

/** One row of the table: a figure of a tool on a server, at all concurrencies. */
const rowOf = ({ load, kind, cell }: HeldClaim): string => `${load} ${kind} ${cell.series.id}`;

const lines = (claims: readonly HeldClaim[], text: (claim: HeldClaim) => string): string =>
  claims.map(text).join('<br>');

/** Each reason once where all are the same, else with the connections that it is for. */
function whyCell(claims: readonly HeldClaim[]): string {
  const texts = claims.map((claim) => escapeText(whyText(claim)));
  if (new Set(texts).size === 1) return texts[0]!;
  return claims.map(({ cell }, at) => `${formatCount(cell.concurrency)}: ${texts[at]!}`).join('<br>');
}

/** From end to end, where the ends would not be printed alike. */
function rangeOfTruth({ kind, truth, mostTruth }: HeldClaim): string {
  const [low, high] = [truthText[kind](truth), truthText[kind](mostTruth)];
  return low === high ? low : `${low} to ${high}`;
}

const whyText = ({ reasons }: HeldClaim): string =>
  reasons.length === 0 ? 'No reason is known.' : reasons.map(reasonText).join(' ');

/** One sentence; what is not evidence from the run itself is what the tool is known to do. */
function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'failures-in-rate':
      return `It counts failed requests too, ${formatWhole(reason.perSecond)} a second.`;
    case 'in-flight':
      return `${plural(reason.count, 'connection')} had no answer that it counted when it ended; that is no more than it has clients.`;
    case 'fewer-counted':
      return `It counted ${formatCount(reason.counted)} of ${formatCount(reason.opened)} connections, and lost more than can have been in flight at its end.`;
    case 'cut-sample':
      return `It takes the mean of ${plural(reason.samples, 'sample')} of a second, but ran for ${formatTime(reason.seconds * 1e6)}: the last was cut short.`;
    case 'sent-twice':
      return `It says that it sent ${formatCount(reason.sent)} requests on ${formatCount(reason.opened)} connections: it puts a request on a connection that the server is closing, and times later responses from it.`;
    case 'whole-steps':
      return `It prints steps of ${formatTime(reason.stepUs)}.`;
    case 'without-connect':
      return `Its times begin after the connect, which took ${formatTime(reason.connectUs)} under ${reason.load}: ${formatShare(reason.share)} of what is missing.${restText(reason.share)}`;
    case 'begins-after-connect':
      return 'Its times begin after the connect; how long that took no load measured here.';
    case 'computed-times':
      return 'It adds times that it never measured, for requests that slow ones would have kept from being sent.';
    case 'counted-apart':
      return `It counts ${formatCount(reason.count)} apart, as "${reason.name}".`;
    case 'not-seen':
      return 'It saw no failure: it does not look at what failed here.';
    case 'lost-clients':
      return `It gives a client up whose connection fails, without a word: ${formatCount(reason.lost)} of its ${plural(reason.clients, 'client')}. For those that are left there is no figure to hold its own against.`;
    case 'several-times':
      return `It counts each failure ${formatCount(reason.times)} times, once for each way to notice it.`;
  }
}

/** From this share on a time explains what is missing. */
const nearlyAll = 0.9;

/** Of a client's turn a tool times but a part, so what is missing can only lie in the others. */
const restText = (share: number): string =>
  share >= nearlyAll
    ? ''
    : ' The rest passes while it is busy with other connections: from a connect to its first write, and from a response to the next connect.';

/** Tools that say nothing of a kind in any cell, though they say something of another. */
function silentText({ loads }: LoadComparison, claims: readonly HeldClaim[]): string | null {
  const says = (load: string, kind?: ClaimKind): boolean =>
    claims.some((claim) => claim.load === load && (kind === undefined || claim.kind === kind));
  const words: Readonly<Record<ClaimKind, string>> = {
    rate: 'a rate',
    latency: 'response times',
    failures: 'failures',
  };
  const sentences = loads.flatMap((load) => {
    const missing = kinds.filter((kind) => says(load) && !says(load, kind)).map((kind) => words[kind]);
    return missing.length === 0 ? [] : [`${code(load)} says nothing of ${listOf(missing)}.`];
  });
  return sentences.length === 0 ? null : sentences.join(' ');
}
