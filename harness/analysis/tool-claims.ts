import type { CellAnalysis } from './cells.ts';
import { checksResponses } from './digest.ts';
import type { LoadComparison } from './loads.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present, sum } from './statistics.ts';
import { reasonsFor, type ClaimEvidence, type ClaimKind, type Reason } from './tool-reasons.ts';

/** How far what a tool says may be off before it is called a disagreement. */
export const claimTolerance = 0.05;

/** What a tool says, and what follows from the connections that the kernel opened. Medians of a cell's repeats. */
export interface HeldClaim {
  readonly kind: ClaimKind;
  readonly load: string;
  readonly cell: CellAnalysis;
  /** The tool's word for it. */
  readonly name: string;
  /** As printed in the repeat in the middle. */
  readonly printed: string;
  readonly claimed: number;
  readonly truth: number;
  /** The truth lies between `truth` and this. */
  readonly mostTruth: number;
  /** Claimed over the nearer end of the truth; null where the truth is zero. */
  readonly ratio: number | null;
  readonly agrees: boolean;
  /** Why it is off, as far as there is evidence; empty: none is known. */
  readonly reasons: readonly Reason[];
}

/** Every claim of every tool in every cell; `null` truths are left out: nothing can be said of them. */
export function heldClaims(comparison: LoadComparison): HeldClaim[] {
  const { loads, series, concurrencies, at } = comparison;
  return series.flatMap((one) =>
    concurrencies.flatMap((concurrency) => {
      const cells = present(loads.map((load) => at(load, one.id, concurrency) ?? null));
      const witness = cells.find(({ load }) => checksResponses(comparison.run, load))?.cell;
      return cells.flatMap(({ load, cell }) => claimsOfCell(load, cell, witness));
    }),
  );
}

function claimsOfCell(load: string, cell: CellAnalysis, witness: CellAnalysis | undefined): HeldClaim[] {
  const evidence = present(cell.repeats.map((repeat) => evidenceOf(repeat, witness)));
  const kinds: ClaimKind[] = ['rate', 'latency', 'failures'];
  return present(kinds.map((kind) => held(kind, load, cell, evidence)));
}

/** Null where the tool claims nothing, or the kernel did not count its connections alone. */
function evidenceOf(repeat: RepeatAnalysis, witness: CellAnalysis | undefined): ClaimEvidence | null {
  const { claims, passiveOpens: opened, loadedMs, totalSucceeded, totalFailed } = repeat;
  if (!repeat.ok || !claims || !opened || !loadedMs || !repeat.countsApart) return null;
  if (totalSucceeded === null || totalFailed === null) return null;
  const { concurrency } = repeat.record.cell;
  const share = witness ? failedShare(witness) : null;
  const connectUs = witness
    ? median(present(witness.repeats.map((one) => one.connectTime?.meanUs ?? null)))
    : null;
  return {
    claims,
    concurrency,
    opened,
    seconds: loadedMs / 1000,
    succeeded: totalSucceeded,
    ownFailed: totalFailed,
    // A tool that sees no failures cannot tell how many there were; one that looks at each response can.
    failed: share !== null && share > 0 ? Math.round(share * opened) : totalFailed,
    connect: witness && connectUs !== null ? { load: witness.cell.load, us: connectUs } : null,
  };
}

/** Of the requests of a load that looks at status and length of each response. */
function failedShare({ repeats }: CellAnalysis): number | null {
  const good = repeats.filter(({ ok }) => ok);
  const failed = sum(good.map(({ totalFailed }) => totalFailed ?? 0));
  const all = failed + sum(good.map(({ totalSucceeded }) => totalSucceeded ?? 0));
  return all > 0 ? failed / all : null;
}

interface Pair {
  readonly evidence: ClaimEvidence;
  readonly name: string;
  readonly printed: string;
  readonly claimed: number;
  readonly truth: number;
  readonly mostTruth?: number;
}

function held(
  kind: ClaimKind,
  load: string,
  cell: CellAnalysis,
  all: readonly ClaimEvidence[],
): HeldClaim | null {
  const pairs = present(all.map((evidence) => pairOf(kind, evidence))).sort((a, b) => offOf(a) - offOf(b));
  const middle = pairs[Math.floor(pairs.length / 2)];
  if (middle === undefined) return null;
  const { evidence, name, printed, claimed, truth, mostTruth = truth } = middle;
  const nearest = Math.min(Math.max(claimed, truth), mostTruth);
  const agrees = Math.abs(claimed - nearest) <= claimTolerance * nearest;
  const reasons = agrees ? [] : reasonsFor(kind, { ...evidence, claimed, truth: nearest });
  const ratio = nearest > 0 ? claimed / nearest : null;
  return { kind, load, cell, name, printed, claimed, truth, mostTruth, ratio, agrees, reasons };
}

const offOf = ({ claimed, truth }: Pair): number => (truth > 0 ? claimed / truth : claimed);

/** What the tool says and what ought to be, in the same unit. */
function pairOf(kind: ClaimKind, evidence: ClaimEvidence): Pair | null {
  const { claims, concurrency, opened, seconds, failed } = evidence;
  switch (kind) {
    case 'rate': {
      if (!claims.rate) return null;
      const { name, printed, perSecond } = claims.rate;
      return { evidence, name, printed, claimed: perSecond, truth: (opened - failed) / seconds };
    }
    case 'latency': {
      const mean = claims.latency?.mean;
      if (!claims.latency || !mean) return null;
      // Little's law: in a closed loop each client always has one request on its way, or connects for it. How many of
      // those that it ended with were answered is not known: none of them, or all.
      const turn = (turns: number): number => (concurrency * seconds * 1e6) / turns;
      const ended = opened > 2 * concurrency ? opened - concurrency : opened;
      const told = { name: `${claims.latency.name}, mean`, printed: mean.printed, claimed: mean.us };
      return { evidence, ...told, truth: turn(opened), mostTruth: turn(ended) };
    }
    case 'failures': {
      const names = Object.keys(claims.failures);
      // The first is what the tool itself calls failed; the others are what it tells apart from them.
      const name = names[0];
      if (name === undefined) return null;
      const claimed = claims.failures[name]!;
      return { evidence, name, printed: String(claimed), claimed, truth: failed };
    }
  }
}
