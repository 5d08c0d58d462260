import type { Cause } from '../core/scenario.ts';
import type { Evidence } from './evidence.ts';
import type { Thresholds } from './thresholds.ts';
import type { TrialCell } from './trial.ts';

/** Thresholds that are chosen by trial, each with the evidence that it is held against and the cause that it decides. */
const fittedBy = {
  throttled: { evidence: 'generatorThrottledShare', cause: 'generator-bound' },
  backoff: { evidence: 'backoffShare', cause: 'queue-bound' },
  // One sample of a window of a second: by itself it says nothing.
  blocked: { evidence: 'blockedShare', cause: 'blocked', smallest: 0.04 },
  portFailures: { evidence: 'portFailureShare', cause: 'port-bound' },
  heldBack: { evidence: 'heldBackShare', cause: 'link-bound' },
  strangers: { evidence: 'strangersShare', cause: 'disturbed' },
  failures: { evidence: 'failureShare', cause: 'invalid' },
} as const satisfies Partial<
  Record<keyof Thresholds, { evidence: keyof Evidence; cause: Cause; smallest?: number }>
>;

/** Shares below it are taken for it, unless a threshold has another. */
const smallestShare = 1e-3;

export type FittedName = keyof typeof fittedBy;
export const fittedNames = Object.keys(fittedBy) as FittedName[];

/** What one threshold could be. */
export interface Fit {
  readonly name: FittedName;
  readonly threshold: number;
  /** Largest value of a cell without the cause below it, and smallest value of one with it above. */
  readonly below: number;
  readonly above: number;
  /** Cells of the half on the wrong side of it. */
  readonly wrong: number;
  readonly cells: number;
}

/**
 * Chooses each threshold on its own, over the cells of the half `fit`: the value with the fewest cells on its wrong side;
 * of all such values the geometric middle of the widest gap, so that strengths that were not tried have room on both
 * sides.
 */
export function fitThresholds(cells: readonly TrialCell[]): Fit[] {
  const half = cells.filter((cell) => cell.half === 'fit');
  return fittedNames.flatMap((name) => {
    const fitting: { evidence: keyof Evidence; cause: Cause; smallest?: number } = fittedBy[name];
    const { evidence, cause, smallest = smallestShare } = fitting;
    const values = half
      .map(({ cell, expected }) => ({
        value: numberOr(cell.verdict.facts.evidence?.[evidence]),
        has: expected.includes(cause),
        known: concerns(expected, cause),
      }))
      .filter(
        (one): one is { value: number; has: boolean; known: boolean } => one.value !== null && one.known,
      )
      .map(({ value, has }) => ({ value: Math.max(smallest, value), has }))
      .sort((a, b) => a.value - b.value);
    if (!values.some(({ has }) => has)) return [];
    const edges = [smallest, ...values.map(({ value }) => value), 1];
    const gaps = edges.slice(1).map((above, index) => {
      const below = edges[index]!;
      const threshold = Math.sqrt(below * above);
      const wrong = values.filter(({ value, has }) => value >= threshold !== has).length;
      return { name, threshold, below, above, wrong, cells: values.length };
    });
    const fewest = Math.min(...gaps.map(({ wrong }) => wrong));
    const best = gaps
      .filter(({ wrong }) => wrong === fewest)
      .reduce((widest, gap) => (gap.above / gap.below > widest.above / widest.below ? gap : widest));
    return [best];
  });
}

const numberOr = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Whether a cell speaks for or against a cause: it was made for it, or nothing was done to it, or something unlike it. */
function concerns(expected: readonly Cause[], cause: Cause): boolean {
  // A queue overflows behind a server that is held up in any way; a serial server waits for a client whose request was dropped
  // with an overflow; and a server that answers wrongly does anything.
  if (expected.includes(cause)) return true;
  const sideEffects: Partial<Record<Cause, readonly Cause[]>> = {
    'queue-bound': ['blocked', 'disturbed', 'invalid', 'link-bound'],
    blocked: ['invalid', 'disturbed', 'queue-bound'],
    disturbed: ['invalid'],
  };
  return !expected.some((other) => sideEffects[cause]?.includes(other));
}

/** Two digits: more than a trial of some dozen cells can tell. */
export const roundedThreshold = (threshold: number): number => Number(threshold.toPrecision(2));
