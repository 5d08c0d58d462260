import type { Claims } from '../core/record.ts';
import { connectionsWithoutRequest } from './agreement.ts';
import { sum } from './statistics.ts';

/** What is held against the truth: requests per second, mean response time in microseconds, failed requests. */
export type ClaimKind = 'rate' | 'latency' | 'failures';

/** What one repeat says, and what a rule may look at to find out why it is off. */
export interface ClaimEvidence {
  readonly claims: Claims;
  readonly concurrency: number;
  /** Connections that the kernel opened for the load, in its whole life. */
  readonly opened: number;
  readonly seconds: number;
  /** Requests that the harness counts as answered well, from what the tool prints. */
  readonly succeeded: number;
  /** Of the connections opened, those whose request failed. */
  readonly failed: number;
  /** Failures that the harness reads from what the tool prints. */
  readonly ownFailed: number;
  /** Mean time to connect that a load measured in the same cell, and which load. */
  readonly connect: { readonly load: string; readonly us: number } | null;
}

/** Why what a tool says is off, as far as there is evidence for it. */
export type Reason =
  | { readonly kind: 'failures-in-rate'; readonly perSecond: number }
  | { readonly kind: 'in-flight'; readonly count: number }
  | { readonly kind: 'fewer-counted'; readonly counted: number; readonly opened: number }
  | { readonly kind: 'cut-sample'; readonly samples: number; readonly seconds: number }
  | { readonly kind: 'sent-twice'; readonly sent: number; readonly opened: number }
  | { readonly kind: 'whole-steps'; readonly stepUs: number }
  | {
      readonly kind: 'without-connect';
      readonly load: string;
      readonly connectUs: number;
      readonly share: number;
    }
  | { readonly kind: 'begins-after-connect' }
  | { readonly kind: 'computed-times' }
  | { readonly kind: 'counted-apart'; readonly name: string; readonly count: number }
  | { readonly kind: 'not-seen' }
  | { readonly kind: 'several-times'; readonly times: number }
  | { readonly kind: 'lost-clients'; readonly lost: number; readonly clients: number };

/** An explanation holds where it leaves no more than this of what it is to explain. */
const near = 0.05;

interface Case extends ClaimEvidence {
  readonly claimed: number;
  readonly truth: number;
}

const isNear = (value: number, wanted: number): boolean =>
  Math.abs(value - wanted) <= near * Math.abs(wanted);

/** The rules, each with its evidence. None that fits: an empty list. */
export function reasonsFor(kind: ClaimKind, of: Case): Reason[] {
  return kind === 'rate' ? rateReasons(of) : kind === 'latency' ? latencyReasons(of) : failureReasons(of);
}

function rateReasons(of: Case): Reason[] {
  const { claims, claimed, truth, opened, seconds, failed, succeeded, ownFailed } = of;
  const counted = succeeded + ownFailed;
  const { samples } = claims;
  // Of which failures are a part of it differs by their kind.
  const isCutShort = (count: number): boolean => isNear(claimed * (samples ?? 0), count);
  if (samples !== undefined && samples > seconds && [counted, succeeded].some(isCutShort)) {
    return [{ kind: 'cut-sample', samples, seconds }];
  }
  const reasons: Reason[] = [];
  const holdsFailures =
    failed > 0 && isNear(claimed, counted / seconds) && (ownFailed > 0 || claimed > truth);
  if (holdsFailures) reasons.push({ kind: 'failures-in-rate', perSecond: failed / seconds });
  const missing = holdsFailures ? opened - counted : opened - failed - succeeded;
  const isRead = isNear(claimed, (holdsFailures ? counted : succeeded) / seconds);
  if (isRead && missing > near * opened) reasons.push(missingReason(missing, of));
  return reasons;
}

/** A client has one connection at a time. */
function missingReason(missing: number, { concurrency, opened }: Case): Reason {
  return missing <= concurrency + connectionsWithoutRequest
    ? { kind: 'in-flight', count: missing }
    : { kind: 'fewer-counted', counted: opened - missing, opened };
}

/** From so many requests sent for each connection on, a tool has written some that no connection carried. */
const sentTooOften = 1.5;

/** With clients gone fewer requests are on their way than Little's law is asked about, and failures are not seen. */
function lostReason({ claims, concurrency }: Pick<Case, 'claims' | 'concurrency'>): Reason | null {
  const { clientsLost: lost = 0 } = claims;
  return lost > 0 ? { kind: 'lost-clients', lost, clients: concurrency } : null;
}

function latencyReasons({ claims, claimed, truth, opened, connect, concurrency }: Case): Reason[] {
  const { latency, sent } = claims;
  if (sent !== undefined && sent >= sentTooOften * opened && claimed > truth) {
    return [{ kind: 'sent-twice', sent, opened }];
  }
  if (latency && Math.abs(claimed - truth) <= latency.stepUs) {
    return [{ kind: 'whole-steps', stepUs: latency.stepUs }];
  }
  const given = lostReason({ claims, concurrency });
  if (given !== null) return [given];
  // No time that is a part of a client's turn can be longer than the turn.
  if (latency?.corrected === true && claimed > truth) return [{ kind: 'computed-times' }];
  if (latency?.from !== 'request' || claimed >= truth) return [];
  if (connect === null) return [{ kind: 'begins-after-connect' }];
  const share = Math.min(1, connect.us / (truth - claimed));
  return [{ kind: 'without-connect', load: connect.load, connectUs: connect.us, share }];
}

/** Of what a tool says of failures the first is what it calls so; the others it tells apart from them. */
function failureReasons(of: Case): Reason[] {
  const { claims, claimed, truth, concurrency, opened, succeeded, ownFailed } = of;
  const [, ...others] = Object.entries(claims.failures);
  if (claimed > truth) {
    // The harness reads each failure once, where it can: then those in flight at the end are all that it may miss.
    const once = Math.abs(ownFailed - truth) <= concurrency + near * truth ? ownFailed : truth;
    const times = once > 0 ? Math.round(claimed / once) : 0;
    return times >= 2 && isNear(claimed, times * once) ? [{ kind: 'several-times', times }] : [];
  }
  const given = lostReason(of);
  if (given !== null && claimed === 0) return [given];
  const apart = others.filter(([, count]) => count > 0);
  const known = claimed + sum(apart.map(([, count]) => count));
  // Those in flight at its end are in no count.
  if (apart.length > 0 && Math.abs(known - truth) <= concurrency + near * truth) {
    return apart.map(([name, count]) => ({ kind: 'counted-apart', name, count }));
  }
  const missing = opened - succeeded - ownFailed;
  if (known > 0 && missing > 0 && isNear(known, (truth * (opened - missing)) / opened)) {
    return [missingReason(missing, of)];
  }
  return claimed === 0 && known === 0 ? [{ kind: 'not-seen' }] : [];
}
