import { standardError, studentInterval, type Interval } from './intervals.ts';
import { sum } from './statistics.ts';

/*
 * Ratios of two runs that did not run side by side: Welch's ("The generalization of Student's problem when several
 * different population variances are involved", 1947), over the logarithms of the blocks.
 */

/** The logarithm of a ratio with its standard error and that error's degrees of freedom. */
export interface Estimate {
  readonly log: number;
  readonly error: number;
  readonly freedom: number;
  readonly blocks: number;
}

/** In the order of size, so that the same values give the same sum. */
export function mean(values: readonly number[]): number {
  return sum([...values].sort((a, b) => a - b)) / values.length;
}

/** Of the mean of `after` less that of `before`; freedom after Satterthwaite. */
export function welch(before: readonly number[], after: readonly number[]): Estimate {
  const parts = [before, after].map((values) => ({
    square: standardError(values) ** 2,
    freedom: values.length - 1,
  }));
  return {
    log: mean(after) - mean(before),
    ...errorOf(parts),
    blocks: Math.min(before.length, after.length),
  };
}

/** Of a sum, from the squares of its parts' errors. */
export function errorOf(
  parts: readonly { readonly square: number; readonly freedom: number }[],
): Pick<Estimate, 'error' | 'freedom'> {
  const square = sum(parts.map((part) => part.square));
  const divisor = sum(parts.map((part) => part.square ** 2 / part.freedom));
  const fewest = Math.min(...parts.map(({ freedom }) => freedom));
  return { error: Math.sqrt(square), freedom: divisor === 0 ? fewest : square ** 2 / divisor };
}

export const intervalOf = ({ log, error, freedom, blocks }: Estimate): Interval =>
  studentInterval(log, error, freedom, blocks);
