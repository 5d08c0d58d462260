import fc from 'fast-check';
import * as vega from 'vega';
import { describe, expect, it } from 'vitest';
import { geometricMean, median, present, spreadOf } from '../../../harness/analysis/statistics.ts';

/** Exported by Vega, left out of its types. */
const { quartiles } = vega as unknown as { quartiles(values: readonly number[]): number[] };

/** Without a negative zero, which is no measurement and no other number either. */
const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
  .map((value) => value + 0);

describe('median', () => {
  it('is the middle value, or the mean of the two middle ones', () => {
    expect(median([7, 1, 3])).toBe(3);
    expect(median([10, 2, 4, 8])).toBe(6);
    expect(median([5])).toBe(5);
  });

  it('of nothing is not a number of any kind', () => {
    expect(median([])).toBeNull();
  });

  it("agrees with Vega's median", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        expect(median(values)).toBeCloseTo(quartiles(values)[1]!, 6);
      }),
    );
  });
});

describe('spreadOf', () => {
  it('holds the median and the ends', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ count: 3, median: 20, min: 10, max: 30 });
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        expect(spreadOf([...values].reverse())).toEqual(spreadOf(values));
      }),
    );
  });

  it('takes more values than a call takes arguments', () => {
    const values = Array.from({ length: 300_000 }, (_, index) => index);
    expect(spreadOf(values)).toMatchObject({ min: 0, max: 299_999 });
  });
});

describe('geometricMean', () => {
  it('lets twice as fast and half as fast cancel out', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
    expect(geometricMean([1, 10, 100])).toBeCloseTo(10, 12);
  });

  it('is not defined for nothing, nor where something is not above zero', () => {
    expect(geometricMean([])).toBeNull();
    expect(geometricMean([3, 0])).toBeNull();
    expect(geometricMean([3, NaN])).toBeNull();
  });

  it('gives the same digits whatever the order', () => {
    const ratio = fc.double({ noNaN: true, min: 0.01, max: 100 });
    fc.assert(
      fc.property(fc.array(ratio, { minLength: 1 }), (values) => {
        expect(geometricMean([...values].reverse())).toBe(geometricMean(values));
      }),
    );
  });
});

describe('present', () => {
  it('keeps zeroes and drops what is not there', () => {
    expect(present([0, null, 2, undefined])).toEqual([0, 2]);
  });
});
