import { tolerance, type Fact } from '../../analysis/agreement.ts';
import { portsTightShare, type Check, type CheckKind, type Finding } from '../../analysis/checks.ts';
import { strangersShareLimit } from '../../analysis/cpu.ts';
import type { Series } from '../../analysis/cells.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatRatio, formatShare, listOf, noData, plural } from '../format.ts';
import { blocks, escapeText, table } from '../markdown.ts';

/** A check lists its worst findings here; all are in the CSV. */
const mostFindings = 4;

const questions: Record<CheckKind, string> = {
  'client-server': 'Server answered as many as the client received, but for those in flight or failed',
  'server-kernel':
    'Kernel opened as many connections (PassiveOpens) as the server accepted, but for those still queued',
  'client-kernel':
    'Kernel opened as many connections (PassiveOpens) as the client received answers, but for those in flight or failed, and one without a request',
  workers: 'No worker died',
  strangers: `Nothing else took more than ${formatShare(strangersShareLimit)} of a host's cores`,
  stalled: 'No request was left unanswered at the end of the window and its drain',
  halves: `Both halves of the window ran alike, within ${formatShare(tolerance)}`,
  little: `Mean response time × throughput gives the concurrency (Little's law), within ${formatShare(tolerance)}`,
  ports: `Jerry had less than ${formatShare(portsTightShare)} of its ports in TIME_WAIT`,
};

/** What client, server and kernel counted, held against each other. */
export function checksSection({ checks }: PageAnalysis): string {
  return blocks([
    '## Do the figures agree with each other?',
    table(
      ['check', 'holds for', 'where it does not (worst first)'],
      checks.map((check) => [questions[check.kind], holdsText(check), findingsText(check)]),
      ['l', 'r', 'l'],
    ),
  ]);
}

function holdsText({ checked, findings, skipped, unit }: Check): string {
  if (checked === 0) return 'not checked';
  const one = unit.slice(0, -1);
  const unknown = skipped > 0 ? ` (${skipped} not checked)` : '';
  return `${checked - findings.length} of ${plural(checked, one)}${unknown}`;
}

function findingsText({ findings, unit, uncounted }: Check): string {
  if (findings.length + uncounted.length === 0) return noData;
  const explained = findings.filter(({ fact }) => fact.kind === 'little' && fact.explained);
  const open = findings.filter((finding) => !explained.includes(finding));
  const more = open.length - mostFindings;
  return [
    ...open.slice(0, mostFindings).map(findingText),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(explained.length > 0
      ? [
          `${plural(explained.length, unit.slice(0, -1))} with stalled or failed requests, which are in no mean: it cannot hold there`,
        ]
      : []),
    ...(uncounted.length > 0 ? [uncountedText(uncounted)] : []),
  ].join('<br>');
}

function uncountedText(series: readonly Series[]): string {
  const names = listOf(series.map(({ label }) => escapeText(label)));
  return `not checked for ${names}: the ${series.length === 1 ? 'server keeps' : 'servers keep'} no counters`;
}

function findingText({ cell, block, fact }: Finding): string {
  const where = `${escapeText(cell.series.label)} at ${cell.concurrency}`;
  return `${where}${block === null ? '' : `, block ${block}`}: ${factText(fact)}`;
}

/** What a check found, in a few words. */
export function factText(fact: Fact): string {
  switch (fact.kind) {
    case 'client-server':
      return `client ${formatCount(fact.client)}, server ${formatCount(fact.server)}, at most ${formatCount(fact.allowed)} in flight or failed`;
    case 'client-kernel':
      return `client ${formatCount(fact.client)}, kernel ${formatCount(fact.kernel)}, at most ${formatCount(fact.allowed)} in flight or failed`;
    case 'server-kernel':
      return `server ${formatCount(fact.server)}, kernel ${formatCount(fact.kernel)}`;
    case 'workers':
      return plural(fact.respawns, 'worker') + ' replaced';
    case 'strangers':
      return `${formatShare(fact.share)} taken by something else`;
    case 'stalled':
      return `${formatCount(fact.median)} stalled (at most ${formatCount(fact.max)}), the oldest for ${formatCount(fact.oldestMs / 1000)} s`;
    case 'halves':
      return `second half at ${formatRatio(fact.ratio)} times the first`;
    case 'little':
      return `${formatCount(fact.inFlight)} in flight`;
    case 'ports':
      return `${formatCount(fact.timeWait)} of ${formatCount(fact.ports)} ports`;
  }
}
