import type { Facts } from './facts.ts';
import type { LinkRates } from './link.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present } from './statistics.ts';

/** What speaks for one cause or another in a repeat: its facts, and what they are held against. */
export interface Evidence extends Facts {
  readonly requestsPerSecond: number | null;
  /** Of all that the server's cores could give: its own time and their softirq time. */
  readonly serverShare: number | null;
  /** Of Tom's cores, whoever used them; it counts as the server's where the hosts share cores. */
  readonly tomBusyShare: number | null;
  readonly generatorShare: number | null;
  /** Throughput over what the load can do at this concurrency. */
  readonly ceilingShare: number | null;
  readonly serverThrottledShare: number | null;
  readonly generatorThrottledShare: number | null;
  readonly overflowsPerSecond: number | null;
  readonly queueMeanLength: number | null;
  readonly queueLimit: number | null;
  readonly queueFullShare: number | null;
  readonly linkShare: number | null;
  readonly strangersShare: number | null;
  readonly stolenShare: number | null;
}

/** A repeat's evidence. `ceiling` is in requests per second, `linkBitsPerSecond` what the path can carry. */
export function evidenceOf(
  repeat: RepeatAnalysis,
  ceiling: number | null,
  linkBitsPerSecond: number | null,
): Evidence {
  const { cpu, facts, queue, waits } = repeat;
  const rate = repeat.requestsPerSecond;
  return {
    requestsPerSecond: rate,
    serverShare: cpu.serverShare,
    tomBusyShare: cpu.tomBusyShare,
    sharesCores: facts.sharesCores,
    busiestShare: facts.busiestShare,
    busiestRole: facts.busiestRole,
    generatorShare: cpu.generatorShare,
    ceilingShare: ceiling !== null && rate !== null ? rate / ceiling : null,
    serverThrottledShare: waits.serverThrottledShare,
    generatorThrottledShare: waits.generatorThrottledShare,
    overflowsPerSecond: repeat.overflowsPerSecond,
    backoffShare: facts.backoffShare,
    queueMeanLength: queue.meanLength,
    queueLimit: queue.limit,
    queueFullShare: queue.fullShare,
    blockedShare: facts.blockedShare,
    longestBlockMs: facts.longestBlockMs,
    blockedIn: facts.blockedIn,
    portFailureShare: facts.portFailureShare,
    portsUsedShare: facts.portsUsedShare,
    linkShare: linkShare(repeat.link, linkBitsPerSecond),
    heldBackShare: facts.heldBackShare,
    strangersShare: cpu.strangersShare,
    stolenShare: cpu.stolenShare,
    failureShare: facts.failureShare,
    commonestFailure: facts.commonestFailure,
    unansweredShare: facts.unansweredShare,
  };
}

function linkShare(
  { tomBitsPerSecond, jerryBitsPerSecond }: LinkRates,
  capacityBitsPerSecond: number | null,
): number | null {
  if (tomBitsPerSecond === null || jerryBitsPerSecond === null || capacityBitsPerSecond === null) return null;
  return Math.max(tomBitsPerSecond, jerryBitsPerSecond) / capacityBitsPerSecond;
}

type Numbers = { [Key in keyof Evidence]: Evidence[Key] extends number | null ? Key : never }[keyof Evidence];

/** The medians over a cell's repeats; of words the one of the repeat in the middle by throughput. */
export function medianEvidence(all: readonly Evidence[]): Evidence | null {
  if (all.length === 0) return null;
  const byRate = [...all].sort((a, b) => (a.requestsPerSecond ?? 0) - (b.requestsPerSecond ?? 0));
  const middle = byRate[Math.floor(byRate.length / 2)]!;
  const mostBlocked = all.reduce((most, one) =>
    (one.blockedShare ?? 0) > (most.blockedShare ?? 0) ? one : most,
  );
  const words = {
    sharesCores: middle.sharesCores,
    busiestRole: middle.busiestRole,
    blockedIn: mostBlocked.blockedIn,
    commonestFailure: middle.commonestFailure,
  };
  const names = Object.keys(middle).filter((name): name is Numbers => !(name in words));
  const medians = names.map((name) => [name, median(present(all.map((one) => one[name])))] as const);
  return { ...(Object.fromEntries(medians) as Record<Numbers, number | null>), ...words };
}
