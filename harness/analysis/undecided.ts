import { limitOf, type HypothesisTest } from '../core/hypothesis.ts';
import { figures } from './figures.ts';
import { holds, type HypothesisResult, type TestResult } from './hypotheses.ts';
import { blocksFor, fewestForInterval } from './intervals.ts';

/** Why a figure decides nothing, and what would change that. */
export type Obstacle =
  | { readonly kind: 'not-measured' }
  | { readonly kind: 'disturbed' }
  | { readonly kind: 'too-few-blocks' }
  /** The estimate itself lies between what supports and what refutes. */
  | { readonly kind: 'between' }
  /** The interval holds a limit; with noise like this so many blocks would make it narrow enough, null: thousands. */
  | { readonly kind: 'too-wide'; readonly blocks: number | null };

/** The obstacles of a result that is undecided, by test; of one that is decided none. */
export function obstaclesOf({ outcome, tests }: HypothesisResult): [HypothesisTest, Obstacle][] {
  if (outcome !== 'undecided') return [];
  return tests
    .filter((result) => result.outcome === 'undecided')
    .map((result) => [result.test, obstacleOf(result)]);
}

function obstacleOf({ test, value, disturbed }: TestResult): Obstacle {
  if (value === null) return { kind: 'not-measured' };
  if (disturbed) return { kind: 'disturbed' };
  const { estimate, low, high, blocks } = value;
  if (low === null || high === null || blocks < fewestForInterval) return { kind: 'too-few-blocks' };
  const onScale =
    test.over !== undefined || figures[test.figure].scale === 'ratio' ? Math.log : (figure: number) => figure;
  const limit = [test.supports, test.refutes].find((range) => holds(range, estimate));
  if (limit === undefined) return { kind: 'between' };
  // To the side on which the limit is: an amount's interval ends at zero, so the other may be shorter.
  const half = Math.max(onScale(high) - onScale(estimate), onScale(estimate) - onScale(low));
  const distance = Math.abs(onScale(estimate) - onScale(limitOf(limit)));
  return { kind: 'too-wide', blocks: blocksFor(half, blocks, distance) };
}
