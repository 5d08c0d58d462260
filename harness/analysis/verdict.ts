import type { Cause } from '../core/scenario.ts';
import { tolerance } from './agreement.ts';
import type { Evidence } from './evidence.ts';
import type { Spread } from './statistics.ts';
import type { Thresholds } from './thresholds.ts';

/** Why a cell's figure may not be used as a figure. */
export type Invalidity =
  | { readonly kind: 'no-repeat'; readonly failure: string | null }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'unanswered'; readonly share: number }
  | { readonly kind: 'failures'; readonly share: number; readonly commonest: string | null }
  | {
      readonly kind: 'counts';
      readonly who: 'server' | 'kernel';
      readonly client: number;
      readonly other: number;
    }
  | { readonly kind: 'little'; readonly inFlight: number };

/** What a verdict is reached from: a cell's medians, and what only several repeats or cells can say. */
export interface Facts {
  readonly concurrency: number;
  /** Of load at a fixed rate, whether it was kept; null: it was a closed loop. */
  readonly rateKept: boolean | null;
  /** Null where no repeat succeeded. */
  readonly evidence: Evidence | null;
  /** Smallest and largest share that something else took in a repeat. */
  readonly strangers: Spread | null;
  readonly rate: Spread | null;
  /** Throughput of the windows' second halves over that of their first. */
  readonly halvesRatio: number | null;
  /** Of the repeats whose warm-up waited for a steady rate, those that waited in vain; null: none did. */
  readonly unsettledShare: number | null;
  /** Throughput of the best cell with fewer connections whose queue did not overflow; null: there is none. */
  readonly cleanRate: number | null;
  /** Connections from which on clients only wait for each other; null: not known. */
  readonly knee: number | null;
  readonly invalid: Invalidity | null;
}

/**
 * What limited a cell. `primary` decides how its figure may be read; `secondary` is what else was found, in the order
 * of the causes.
 */
export interface Verdict {
  readonly primary: Cause;
  readonly secondary: readonly Cause[];
  readonly facts: Facts;
}

/** Repeats that lie further apart than this, of their median, say little. */
export const noisySpread = 0.25;

const over = (value: number | null, limit: number): boolean => value !== null && value >= limit;

/** How full the server is: all of its cores, or one process that can use only one of them. */
export function serverFullness({
  serverShare,
  busiestShare,
  tomBusyShare,
  sharesCores,
}: Evidence): number | null {
  const known = [serverShare, busiestShare, sharesCores ? tomBusyShare : null].filter(
    (share) => share !== null,
  );
  return known.length === 0 ? null : Math.max(...known);
}

/** How full the generator is: by its CPU time, or where that is not known, by what it is known to be able to do. */
export const generatorFullness = ({ generatorShare, ceilingShare }: Evidence): number | null =>
  generatorShare ?? (ceilingShare === null ? null : Math.min(1, ceilingShare));

/**
 * Judges a cell. The causes are looked for from those that make a figure worthless, over resources that were exhausted,
 * to those for which everybody waits although nothing is; the first one found is the primary verdict. Of server and
 * generator, if both were exhausted, the fuller one comes first. Pure: the same facts always give the same verdict.
 */
export function judge(facts: Facts, thresholds: Thresholds): Verdict {
  const found = causesOf(facts, thresholds);
  const [primary = 'undetermined', ...secondary] = found;
  return { primary, secondary, facts };
}

function causesOf(facts: Facts, thresholds: Thresholds): Cause[] {
  const { evidence } = facts;
  const invalid: Cause[] = facts.invalid ? ['invalid'] : [];
  if (!evidence) return [...invalid, ...when('port-bound', lacksPorts(facts.invalid))];
  // Who answers all that is asked for is not at a limit, however busy.
  const asAsked = facts.rateKept === true;
  const full = asAsked ? [] : fullSides(evidence, thresholds);
  const overflowed =
    (evidence.overflowsPerSecond ?? 0) > 0 && over(evidence.backoffShare, thresholds.backoff);
  const queueLimits = full.length === 0 && overflowed && !asAsked && hasFallen(facts);
  const found: Cause[] = [
    ...invalid,
    ...when('disturbed', over(evidence.strangersShare, thresholds.strangers)),
    ...when('port-bound', over(evidence.portFailureShare, thresholds.portFailures)),
    ...when('as-asked', asAsked),
    ...when('link-bound', isLinkFull(evidence, thresholds)),
    ...full,
    ...when('blocked', facts.concurrency > 1 && over(evidence.blockedShare, thresholds.blocked)),
    ...when('queue-bound', queueLimits),
  ];
  const explained = found.some((cause) => cause !== 'disturbed');
  // Of load at a fixed rate connections are only the most there may be.
  const few =
    !explained &&
    facts.rateKept === null &&
    facts.knee !== null &&
    facts.concurrency <= facts.knee &&
    knowsSides(evidence);
  const limited = [...found, ...when('concurrency-bound', few)];
  // A full queue that costs nothing is worth a word, and no explanation.
  const beside = overflowed && !queueLimits;
  return [
    ...limited,
    ...when('undetermined', beside && limited.length === 0),
    ...when('queue-bound', beside),
    ...when('unsteady', isUnsteady(facts)),
    ...when('noisy', isNoisy(facts)),
  ];
}

/**
 * A share of the clients is always in back-off where there are more of them than places in the queue. It is the limit only
 * where throughput fell below what the server did before its queue overflowed; where that is not known, its idle time has to do.
 */
function hasFallen({ rate, cleanRate }: Facts): boolean {
  return cleanRate === null || rate === null || rate.median < fallenShare * cleanRate;
}

/** Below this share of the throughput without overflow a fall is more than noise. */
const fallenShare = 0.9;

/** Our generator does not begin where it sees that there cannot be enough. */
const lacksPorts = (invalid: Invalidity | null): boolean =>
  invalid?.kind === 'no-repeat' && /\blocal ports\b/.test(invalid.failure ?? '');

const when = (cause: Cause, holds: boolean): Cause[] => (holds ? [cause] : []);

/** Server and generator, where exhausted, the fuller one first. */
function fullSides(evidence: Evidence, thresholds: Thresholds): Cause[] {
  const server = serverFullness(evidence);
  const generator = generatorFullness(evidence);
  const serverHeld = over(evidence.serverThrottledShare, thresholds.throttled);
  const generatorHeld = over(evidence.generatorThrottledShare, thresholds.throttled);
  const sides: { cause: Cause; fullness: number; holds: boolean }[] = [
    {
      cause: 'generator-bound',
      // Whoever is held back by a quota would use more if it could.
      fullness: generatorHeld ? 1 : (generator ?? 0),
      holds: generatorHeld || isGeneratorFull(evidence, thresholds),
    },
    {
      cause: 'server-bound',
      fullness: serverHeld ? 1 : (server ?? 0),
      holds: serverHeld || over(server, thresholds.serverFull),
    },
  ];
  return sides
    .filter(({ holds }) => holds)
    .sort((a, b) => b.fullness - a.fullness)
    .map(({ cause }) => cause);
}

/** A generator with CPU time to spare is not exhausted, whatever it made of another server at another moment. */
function isGeneratorFull({ generatorShare, ceilingShare }: Evidence, thresholds: Thresholds): boolean {
  if (generatorShare !== null) return generatorShare >= thresholds.generatorFull;
  return over(ceilingShare, thresholds.ceiling);
}

function isLinkFull({ linkShare, heldBackShare }: Evidence, thresholds: Thresholds): boolean {
  return over(linkShare, thresholds.linkFull) || over(heldBackShare, thresholds.heldBack);
}

const knowsSides = (evidence: Evidence): boolean =>
  serverFullness(evidence) !== null && generatorFullness(evidence) !== null;

/** What never settles has no throughput that could be called its own: another window would give another. */
function isUnsteady({ halvesRatio, unsettledShare }: Facts): boolean {
  const drifts = halvesRatio !== null && Math.abs(halvesRatio - 1) > tolerance;
  return drifts || (unsettledShare ?? 0) > 0.5;
}

function isNoisy({ rate }: Facts): boolean {
  return (
    rate !== null && rate.count > 1 && rate.median > 0 && (rate.max - rate.min) / rate.median > noisySpread
  );
}
