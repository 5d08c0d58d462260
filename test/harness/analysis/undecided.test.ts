import jStat from 'jstat';
import { describe, expect, it } from 'vitest';
import type { HypothesisResult, TestResult } from '../../../harness/analysis/hypotheses.ts';
import { amountInterval, blocksFor, intervalOf, standardError } from '../../../harness/analysis/intervals.ts';
import { obstaclesOf } from '../../../harness/analysis/undecided.ts';

const place = { variant: 'serial', concurrencies: [5] };
const test: TestResult['test'] = {
  id: 'ratio',
  what: 'a ratio',
  figure: 'requestsPerSecond',
  of: place,
  over: place,
  supports: { atLeast: 1.15 },
  refutes: { atMost: 1.05 },
};
const result = (one: Partial<TestResult>, outcome: HypothesisResult['outcome'] = 'undecided') =>
  ({
    outcome,
    tests: [{ test, value: null, outcome: 'undecided', disturbed: false, ...one }],
  }) as unknown as HypothesisResult;
const obstacle = (one: Partial<TestResult>) => obstaclesOf(result(one))[0]?.[1];

describe('why a figure decides nothing', () => {
  it('is said of undecided results alone', () => {
    expect(obstaclesOf(result({}, 'supported'))).toEqual([]);
    expect(obstaclesOf(result({}, 'refuted'))).toEqual([]);
  });

  it('is that nobody measured it, that it was disturbed, or that there are too few blocks', () => {
    expect(obstacle({})).toEqual({ kind: 'not-measured' });
    expect(obstacle({ value: intervalOf([1.2, 1.3, 1.4]), disturbed: true })).toEqual({ kind: 'disturbed' });
    expect(obstacle({ value: intervalOf([1.2, 1.3]) })).toEqual({ kind: 'too-few-blocks' });
  });

  it('is that it lies between the limits, where more blocks would not help', () => {
    expect(obstacle({ value: intervalOf([1.09, 1.1, 1.11]) })).toEqual({ kind: 'between' });
  });

  it('is that its interval is too wide, and how many blocks would do', () => {
    const values = [1.1, 1.3, 1.5];
    const found = obstacle({ value: intervalOf(values) });
    const deviation = standardError(values.map(Math.log)) * Math.sqrt(3);
    const distance = Math.log(intervalOf(values)!.estimate / 1.15);
    const half = (blocks: number): number =>
      (jStat.studentt.inv(0.975, blocks - 1) * deviation) / Math.sqrt(blocks);
    if (found?.kind !== 'too-wide' || found.blocks === null) throw new Error(JSON.stringify(found));
    expect(half(found.blocks)).toBeLessThanOrEqual(distance);
    expect(half(found.blocks - 1)).toBeGreaterThan(distance);
  });

  it('is the same for an amount, on its own scale', () => {
    const values = [0.02, 0.1, 0.24];
    const share = { ...test, over: undefined, figure: 'blockedShare' as const };
    const found = obstacle({
      test: { ...share, supports: { atLeast: 0.08 }, refutes: { atMost: 0.03 } },
      value: amountInterval(values),
    });
    const deviation = standardError(values) * Math.sqrt(3);
    const blocks = found?.kind === 'too-wide' ? found.blocks! : 0;
    expect((jStat.studentt.inv(0.975, blocks - 1) * deviation) / Math.sqrt(blocks)).toBeLessThanOrEqual(0.04);
  });
});

it('no number of blocks parts a figure from a limit that it lies on', () => {
  expect(blocksFor(0.1, 3, 0)).toBeNull();
  expect(blocksFor(0.1, 3, 0.1)).toBe(4);
});
