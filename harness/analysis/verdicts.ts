import type { RunFrame } from '../core/journal.ts';
import type { Ceiling } from './ceiling.ts';
import { clientAgainstKernel, clientAgainstServer, littlesLaw, type Outcome } from './agreement.ts';
import type { CellFigures } from './cell-figures.ts';
import type { Percentiles } from './histogram.ts';
import { sharedCoreFullShare } from './cpu.ts';
import { evidenceOf, medianEvidence, type Evidence } from './evidence.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present } from './statistics.ts';
import type { Thresholds } from './thresholds.ts';
import { generatorFullness, judge, serverFullness, type Invalidity, type Verdict } from './verdict.ts';

/** From this share of the requests on a disagreement of two counts cannot be a matter of what was in flight. */
const countsApartShare = 0.005;

/** A cell as far as it is analysed before it is judged. */
interface Unjudged extends CellFigures {
  readonly concurrency: number;
  readonly responseTime: Percentiles | null;
}

/** The evidence of a cell's good repeats. */
function evidenceOfCell(cell: Unjudged, ceiling: Ceiling | null, run: RunFrame): Evidence[] {
  const link = run.manifest.environment.link?.bitsPerSecond ?? null;
  return cell.repeats
    .filter((repeat) => repeat.ok)
    .map((repeat) => evidenceOf(repeat, ceiling?.requestsPerSecond ?? null, link));
}

/**
 * The verdict of each cell of one series, in the order of the cells, which differ in their concurrency alone. What a
 * few clients can do is learnt from the cell with the fewest.
 */
export function judgeSeries(
  cells: readonly Unjudged[],
  ceilingFor: (concurrency: number) => Ceiling | null,
  run: RunFrame,
  thresholds: Thresholds,
): Verdict[] {
  const shared = run.manifest.environment.sharedCores.length > 0;
  // On shared cores the generator's share is that of everybody on them.
  const limits = shared ? { ...thresholds, generatorFull: sharedCoreFullShare } : thresholds;
  const all = cells.map((cell) => ({
    cell,
    evidence: medianEvidence(evidenceOfCell(cell, ceilingFor(cell.concurrency), run)),
  }));
  const lowest = all.reduce<(typeof all)[number] | null>(
    (least, one) => (least === null || one.cell.concurrency < least.cell.concurrency ? one : least),
    null,
  );
  return all.map(({ cell, evidence }) =>
    judge(
      {
        concurrency: cell.concurrency,
        rateKept: cell.rateKept,
        evidence,
        strangers: cell.strangersShare,
        rate: cell.requestsPerSecond,
        halvesRatio: median(present(cell.repeats.map((repeat) => repeat.halvesRatio))),
        unsettledShare: unsettledShare(cell),
        cleanRate: cleanRateBelow(cell, cells),
        knee: kneeOf(cell, evidence, lowest?.cell ?? null),
        invalid: invalidityOf(cell, evidence, limits),
      },
      limits,
    ),
  );
}

function unsettledShare({ repeats }: Unjudged): number | null {
  const settled = present(repeats.map((repeat) => repeat.settled));
  return settled.length === 0 ? null : settled.filter((one) => !one).length / settled.length;
}

function cleanRateBelow({ concurrency }: Unjudged, cells: readonly Unjudged[]): number | null {
  const rates = cells
    .filter((cell) => cell.concurrency < concurrency && cell.overflowsPerSecond?.max === 0)
    .map((cell) => cell.requestsPerSecond?.median ?? 0);
  return rates.length === 0 ? null : Math.max(...rates);
}

/**
 * Up to so many clients the round trip is the limit, and no resource: response time without any waiting, times what the
 * scarcest resource could do (the asymptotic bounds of operational analysis: Denning and Buzen, "The operational
 * analysis of queueing network models", 1978). The time without waiting is that of the cell with the fewest clients,
 * of whom each waits for the others at most once.
 */
function kneeOf(cell: Unjudged, evidence: Evidence | null, lowest: Unjudged | null): number | null {
  if (!evidence || evidence.requestsPerSecond === null || !lowest) return null;
  const fullest = Math.max(serverFullness(evidence) ?? 0, generatorFullness(evidence) ?? 0);
  if (lowest === cell) return cell.concurrency <= fewClients ? cell.concurrency : null;
  const alone = lowest.responseTime;
  if (!alone || fullest <= 0 || lowest.concurrency > fewClients) return null;
  const capacity = evidence.requestsPerSecond / fullest;
  // Half more, since near the knee clients begin to wait for each other.
  return 1.5 * (alone.meanUs / 1e6) * capacity;
}

/** So many clients at most can be taken not to wait for each other. */
const fewClients = 2;

function invalidityOf(cell: Unjudged, evidence: Evidence | null, thresholds: Thresholds): Invalidity | null {
  if (!evidence) {
    const failed = cell.repeats.find((repeat) => !repeat.ok);
    return failed ? { kind: 'no-repeat', failure: failed.record.failure?.message ?? null } : null;
  }
  const { failureShare, commonestFailure, portFailureShare, unansweredShare, serverShare } = evidence;
  if (failureShare !== null && failureShare >= thresholds.failures) {
    return { kind: 'failures', share: failureShare, commonest: commonestFailure };
  }
  // A server that stands still for a part of the window leaves requests across its borders.
  const stoodStill = (evidence.blockedShare ?? 0) >= thresholds.blocked;
  const isIdle = serverShare === null || serverShare < thresholds.serverFull / 2;
  const nobodyOverflowed = (evidence.overflowsPerSecond ?? 0) === 0;
  if (
    unansweredShare !== null &&
    unansweredShare >= unansweredLimit &&
    isIdle &&
    !stoodStill &&
    nobodyOverflowed
  ) {
    return { kind: 'unanswered', share: unansweredShare };
  }
  if (evidence.requestsPerSecond === 0 && (portFailureShare ?? 0) === 0) return { kind: 'no-answer' };
  return disagreement(cell) ?? (stoodStill ? null : brokenLaw(cell));
}

/** Of its clients; the server had time, and its queue room. */
const unansweredLimit = 0.25;

/** Two counts of the same requests that lie apart in most repeats. */
function disagreement(cell: Unjudged): Invalidity | null {
  const good = cell.repeats.filter((repeat) => repeat.ok);
  const apart = (check: (repeat: RepeatAnalysis) => Outcome, who: 'server' | 'kernel'): Invalidity | null => {
    const found = good.flatMap((repeat): Extract<Invalidity, { kind: 'counts' }>[] => {
      const outcome = check(repeat);
      if (outcome === null || typeof outcome === 'string') return [];
      const { fact } = outcome;
      const other =
        fact.kind === 'client-server' ? fact.server : fact.kind === 'client-kernel' ? fact.kernel : null;
      if (other === null || !('client' in fact)) return [];
      return outcome.severity > countsApartShare * Math.max(fact.client, other)
        ? [{ kind: 'counts', who, client: fact.client, other }]
        : [];
    });
    return 2 * found.length > good.length ? found[0]! : null;
  };
  return apart(clientAgainstServer, 'server') ?? apart(clientAgainstKernel, 'kernel');
}

function brokenLaw(cell: Unjudged): Invalidity | null {
  const outcome = littlesLaw(cell);
  if (outcome === null || typeof outcome === 'string' || outcome.fact.kind !== 'little') return null;
  return outcome.fact.explained ? null : { kind: 'little', inFlight: outcome.fact.inFlight };
}
