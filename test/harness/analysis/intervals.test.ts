import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../../harness/analysis/intervals.ts';

describe('intervalOf', () => {
  it("is Student's interval for the mean of the logarithms", () => {
    // Logarithms 0, 1, 2, 3, 4: mean 2, standard error √(2.5/5); 2.776 is t(0.975) with 4 degrees of freedom.
    const interval = intervalOf([0, 1, 2, 3, 4].map(Math.exp))!;
    expect(Math.log(interval.estimate)).toBeCloseTo(2, 10);
    expect(Math.log(interval.high!)).toBeCloseTo(2 + 2.776445 * Math.SQRT1_2, 5);
    expect(Math.log(interval.low!)).toBeCloseTo(2 - 2.776445 * Math.SQRT1_2, 5);
    expect(interval.blocks).toBe(5);
  });

  it('says nothing of one value, and refuses what has no logarithm', () => {
    expect(intervalOf([7])).toEqual({
      estimate: expect.closeTo(7, 10),
      low: null,
      high: null,
      blocks: 1,
      pValue: null,
    });
    expect(intervalOf([])).toBeNull();
    expect(intervalOf([1, 0])).toBeNull();
  });

  it('scales with its values, and depends on their order not even in the last digit', () => {
    const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(positive, { minLength: 2, maxLength: 9 }), (values) => {
        const interval = intervalOf(values)!;
        expect(intervalOf(values.toReversed())).toEqual(interval);
        const scaled = intervalOf(values.map((value) => 8 * value))!;
        expect(scaled.estimate / interval.estimate).toBeCloseTo(8, 6);
        expect(interval.low!).toBeLessThanOrEqual(interval.estimate * (1 + 1e-12));
        expect(interval.high!).toBeGreaterThanOrEqual(interval.estimate * (1 - 1e-12));
      }),
    );
  });
});
