import { tolerance } from '../analysis/agreement.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { noisySpread, type Facts, type Invalidity, type Verdict } from '../analysis/verdict.ts';
import type { Cause } from '../core/scenario.ts';
import { formatCount, formatShare, listOf } from './format.ts';

/** What each verdict means, for a legend. */
export const causeTexts: Record<Cause, string> = {
  invalid: 'the figures contradict each other, or too many requests failed: there is no figure',
  disturbed: 'something else used the cores',
  'port-bound': 'the generator ran out of local ports',
  'as-asked': 'the fixed rate that was asked for was kept, so nothing limited it',
  'link-bound': 'the path between the hosts carried no more',
  'generator-bound': 'the load generator had no CPU time left: the server could perhaps do more',
  'server-bound': 'the server had no CPU time left: this is what it can do',
  blocked: 'the server slept in a call on one client while others waited for it',
  'queue-bound': 'the accept queue was full, and clients waited for their retransmissions',
  'concurrency-bound': 'too few clients for the round trip: nobody was exhausted, and nobody waited',
  unsteady: `the rate never settled: when the warm-up had reached its limit it still changed, or the halves of the windows lie more than ${formatShare(tolerance)} apart`,
  noisy: `repeats lie more than ${formatShare(noisySpread)} apart`,
  undetermined: 'none of these could be shown',
};

/** `server` for `server-bound`: a word for a table. */
export const shortCause = (cause: Cause): string => cause.replace(/-bound$/, '');

/** A verdict and its evidence in one sentence, as plain text. */
export function verdictSentence(verdict: Verdict): string {
  const { primary, secondary, facts } = verdict;
  const also = secondary.length > 0 ? ` (also ${listOf(secondary)})` : '';
  return `${primary}${also}: ${evidenceText(facts, [primary, ...secondary])}`;
}

/** The figures behind a verdict: always those of server, generator and queue, and those of each cause that was found. */
export function evidenceText(facts: Facts, causes: readonly Cause[]): string {
  const { evidence } = facts;
  const parts = [
    ...(facts.invalid ? [invalidText(facts.invalid)] : []),
    ...(evidence
      ? [
          serverText(evidence),
          generatorText(evidence),
          ...causes.map((cause) => extraText(cause, facts, evidence)),
          queueText(evidence),
        ]
      : []),
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'nothing was measured that could tell.' : `${parts.join('; ')}.`;
}

function serverText(evidence: Evidence): string | null {
  const { serverShare, busiestShare, busiestRole, serverThrottledShare, tomBusyShare, sharesCores } =
    evidence;
  if (serverShare === null) return null;
  const name = busiestRole === 'only' || busiestRole === null ? 'its process' : `the busiest ${busiestRole}`;
  const process = busiestShare === null ? '' : `, ${name} ${formatShare(busiestShare)} of one core`;
  const held =
    serverThrottledShare !== null && serverThrottledShare > 0
      ? `, held back by a quota for ${formatShare(serverThrottledShare)} of the window`
      : '';
  const shared =
    sharesCores && tomBusyShare !== null
      ? ` (with the load, which shares them, they were ${formatShare(tomBusyShare)} busy)`
      : '';
  return `server and packets used ${formatShare(serverShare)} of Tom's cores${shared}${process}${held}`;
}

function generatorText(evidence: Evidence): string | null {
  const { generatorShare, ceilingShare, generatorThrottledShare, sharesCores } = evidence;
  if (sharesCores) {
    return generatorShare === null
      ? null
      : `Jerry's cores were ${formatShare(generatorShare)} busy, the server's work on them included`;
  }
  const parts = [
    generatorShare === null ? null : `used ${formatShare(generatorShare)} of Jerry's cores`,
    ceilingShare === null
      ? null
      : ceilingShare > 1
        ? 'made more than its ceiling, which was measured too low'
        : `was at ${formatShare(ceilingShare)} of its ceiling`,
    generatorThrottledShare !== null && generatorThrottledShare > 0
      ? `was held back by a quota for ${formatShare(generatorThrottledShare)} of the window`
      : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `the generator ${listOf(parts)}`;
}

function queueText({
  overflowsPerSecond,
  backoffShare,
  queueMeanLength,
  queueLimit,
}: Evidence): string | null {
  if (overflowsPerSecond === null) return null;
  if (overflowsPerSecond === 0) return 'no overflow';
  const queue =
    queueMeanLength === null || queueLimit === null
      ? ''
      : `, ${formatCount(queueMeanLength)} in the queue on average (limit ${queueLimit})`;
  const waiting = backoffShare === null ? '' : `, ${formatShare(backoffShare)} of the clients in back-off`;
  return `${formatCount(overflowsPerSecond)} overflows per second${waiting}${queue}`;
}

function extraText(cause: Cause, facts: Facts, evidence: Evidence): string | null {
  switch (cause) {
    case 'disturbed':
      return strangersText(facts, evidence);
    case 'port-bound':
      return `${formatShare(evidence.portFailureShare ?? 0)} of the requests found no local port`;
    case 'as-asked':
      return 'all that was asked for was answered';
    case 'link-bound':
      return [
        evidence.linkShare === null || (evidence.heldBackShare ?? 0) > 0
          ? null
          : `${formatShare(evidence.linkShare)} of the link's capacity used`,
        evidence.heldBackShare === null || evidence.heldBackShare === 0
          ? null
          : 'a traffic shaper held packets back',
      ]
        .filter((part) => part !== null)
        .join(', ');
    case 'blocked':
      return (
        `in ${formatShare(evidence.blockedShare ?? 0)} of the samples the server slept in ${evidence.blockedIn ?? 'a call'} ` +
        `while others waited (longest ${formatCount((evidence.longestBlockMs ?? 0) / 1000)} s)`
      );
    case 'unsteady':
      return unsteadyText(facts);
    case 'noisy':
      return noiseText(facts);
    case 'concurrency-bound':
      return facts.knee === null
        ? null
        : `up to about ${formatCount(Math.round(facts.knee))} clients the round trip decides`;
    case 'invalid':
    case 'server-bound':
    case 'generator-bound':
    case 'queue-bound':
    case 'undetermined':
      return null;
  }
}

function strangersText({ strangers }: Facts, { strangersShare, stolenShare }: Evidence): string {
  const steady = strangers !== null && strangers.count > 1 && strangers.min > 0.5 * strangers.median;
  const how =
    strangers === null || strangers.count < 2
      ? ''
      : steady
        ? ', in every repeat'
        : ', not in every repeat alike';
  const stolen =
    stolenShare !== null && strangersShare !== null && 2 * stolenShare > strangersShare
      ? ', most of it taken by the hypervisor'
      : '';
  return `something else used ${formatShare(strangersShare ?? 0)} of a host's cores${how}${stolen}`;
}

function unsteadyText({ halvesRatio, unsettledShare }: Facts): string | null {
  const parts = [
    (unsettledShare ?? 0) > 0.5
      ? `in ${formatShare(unsettledShare ?? 0)} of the repeats the rate still changed when the warm-up had to end`
      : null,
    halvesRatio !== null && Math.abs(halvesRatio - 1) > tolerance
      ? `second halves of the windows at ${formatShare(halvesRatio)} of the first`
      : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

function noiseText({ rate }: Facts): string | null {
  return rate && `repeats from ${formatCount(rate.min)} to ${formatCount(rate.max)}`;
}

function invalidText(invalid: Invalidity): string {
  switch (invalid.kind) {
    case 'no-repeat':
      return `no repeat succeeded${invalid.failure === null ? '' : ` (${invalid.failure})`}`;
    case 'no-answer':
      return 'not one request was answered within the window';
    case 'unanswered':
      return `${formatShare(invalid.share)} of the clients were connected and got no answer, though the server had time`;
    case 'failures':
      return `${formatShare(invalid.share)} of the requests failed${invalid.commonest === null ? '' : `, most often by ${invalid.commonest}`}`;
    case 'counts':
      return `the client counted ${formatCount(invalid.client)} answers, the ${invalid.who} ${formatCount(invalid.other)}`;
    case 'little':
      return `response time times throughput gives ${formatCount(invalid.inFlight)} requests in flight (Little's law)`;
  }
}

/** `20 cells are server-bound, 5 generator-bound and 1 is invalid`, the most frequent first. */
export function tallyText(verdicts: readonly Verdict[]): string {
  const counts = new Map<Cause, number>();
  for (const { primary } of verdicts) counts.set(primary, (counts.get(primary) ?? 0) + 1);
  const parts = [...counts]
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .map(([cause, count], index) => `${count}${index === 0 ? (count === 1 ? ' is' : ' are') : ''} ${cause}`);
  return listOf(parts);
}
