import { heldTargets, type HeldTarget } from '../../analysis/load-targets.ts';
import type { LoadComparison } from '../../analysis/loads.ts';
import type { LoadTarget } from '../../core/load-target.ts';
import { formatCount, formatRatio, noData } from '../format.ts';
import { ratioText } from '../interval-text.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** What the loads were to reach, and whether they did; null where the scenario says nothing of that. */
export function loadTargetsSection(comparison: LoadComparison): string | null {
  const held = heldTargets(comparison);
  if (held.length === 0) return null;
  return blocks([
    '## What was to be reached',
    table(
      ['load', 'connections', `over ${comparison.reference}`, 'target', 'measured', ''],
      held.map((one) => [
        code(one.target.load),
        formatCount(one.concurrency),
        one.target.figure,
        targetText(one.target),
        measuredText(one),
        one.outcome,
      ]),
      ['l', 'r', 'l', 'l', 'l', 'l'],
    ),
    'Stated in the scenario before the run. Met: the whole 95 % interval lies within the target; missed: all of it beyond; open: neither, or fewer blocks than an interval takes.',
    ...shortfalls(held).map((text) => escapeText(text)),
  ]);
}

/** `at most 0.50`, `0.95 to 1.05`. */
export function targetText({ atLeast, atMost }: LoadTarget): string {
  if (atLeast === undefined) return `at most ${formatRatio(atMost!)}`;
  return atMost === undefined
    ? `at least ${formatRatio(atLeast)}`
    : `${formatRatio(atLeast)} to ${formatRatio(atMost)}`;
}

export const measuredText = ({ ratio }: HeldTarget): string => (ratio === null ? noData : ratioText(ratio));

/** What limits the loads that were measured and are not known to have reached a target; each text once. */
export function shortfalls(held: readonly HeldTarget[]): string[] {
  const short = held.filter(({ outcome }) => outcome === 'missed' || outcome === 'open');
  return [...new Set(short.flatMap(({ target }) => target.limitedBy ?? []))];
}
