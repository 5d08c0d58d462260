import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg, holm } from '../../../harness/analysis/multiple.ts';

const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));

describe('holm', () => {
  it('multiplies the smallest by their number, the next by one less, and never falls', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual(closeTo([0.03, 0.06, 0.06, 0.02]));
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('benjaminiHochberg', () => {
  it('gives the values of the published procedure', () => {
    // The 15 of Benjamini and Hochberg (1995), section 4.1: at 5 % the first four are rejected.
    const published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
      0.759, 1,
    ];
    const adjusted = benjaminiHochberg(published);
    expect(adjusted.filter((p) => p <= 0.05)).toHaveLength(4);
    expect(adjusted[3]).toBeCloseTo((15 / 4) * 0.0095, 12);
  });
});

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

it.each([holm, benjaminiHochberg])(
  '%o never makes a value smaller, keeps their order, and knows no places',
  (adjust) => {
    fc.assert(
      fc.property(pValues, (values) => {
        const adjusted = adjust(values);
        for (const [at, value] of values.entries()) {
          expect(adjusted[at]).toBeGreaterThanOrEqual(value - 1e-15);
          expect(adjusted[at]).toBeLessThanOrEqual(1);
          for (const [other, than] of values.entries()) {
            if (value < than) expect(adjusted[at]).toBeLessThanOrEqual(adjusted[other]! + 1e-15);
          }
        }
        expect(adjust(values.toReversed())).toEqual(adjusted.toReversed());
      }),
    );
  },
);
