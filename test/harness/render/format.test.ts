import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatConcurrencies,
  formatCount,
  formatInstant,
  formatPercent,
  formatRatio,
  formatBitRate,
  formatTime,
  listOf,
  plural,
} from '../../../harness/render/format.ts';

describe('numbers', () => {
  it('have commas at the thousands and no more digits than they deserve', () => {
    expect([0, 7, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '7', '999', '1,000', '1,234,567']);
    expect([0.126, 9.994, 9.996, 99.94, 99.96, 12345.6].map(formatCount)).toEqual([
      '0.13',
      '9.99',
      '10.0',
      '99.9',
      '100',
      '12,346',
    ]);
    expect(formatCount(-1234.5)).toBe('−1,235');
    expect(formatCount(-0.001)).toBe('0.00');
  });

  it('read back as what they were, to three digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1e9, noNaN: true }), (value) => {
        const read = Number(formatCount(value).replaceAll(',', ''));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(value * 0.05);
      }),
    );
  });

  it('are ratios and shares', () => {
    expect([0.8149, 1, 12.34, 140.2].map(formatRatio)).toEqual(['0.81', '1.00', '12.3', '140']);
    expect([0, 0.04, 0.94, 0.96, 71.4, 100].map(formatPercent)).toEqual([
      '0 %',
      '0.0 %',
      '0.9 %',
      '1 %',
      '71 %',
      '100 %',
    ]);
  });

  it('are times in the unit that suits them', () => {
    expect([0, 3.14, 640, 999.4, 999.6, 12_345, 999_400, 999_600, 1_024_000].map(formatTime)).toEqual([
      '0 µs',
      '3.1 µs',
      '640 µs',
      '999 µs',
      '1.00 ms',
      '12.3 ms',
      '999 ms',
      '1.00 s',
      '1.02 s',
    ]);
  });

  it('are instants without a locale or a time zone', () => {
    expect(formatInstant('2026-11-23T21:05:59.123Z')).toBe('2026-11-23 21:05 UTC');
  });
});

describe('words', () => {
  it('form lists and plurals', () => {
    expect([listOf([]), listOf(['a']), listOf(['a', 'b']), listOf(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect([plural(1, 'cell'), plural(1200, 'cell')]).toEqual(['1 cell', '1,200 cells']);
  });

  it('draw neighbouring concurrencies together', () => {
    const grid = [1, 2, 5, 10, 20, 50];
    expect(formatConcurrencies([1, 2, 5], grid)).toBe('1–5');
    expect(formatConcurrencies([5, 10, 50], grid)).toBe('5–10 and 50');
    expect(formatConcurrencies([1, 5, 20], grid)).toBe('1, 5 and 20');
    expect(formatConcurrencies([], grid)).toBe('');
  });
});

it('bits per second have the unit that suits them', () => {
  expect([0, 640, 12_345_678, 999_499_999, 10_534_719_770].map(formatBitRate)).toEqual([
    '0.00 kbit/s',
    '0.64 kbit/s',
    '12.3 Mbit/s',
    '999 Mbit/s',
    '10.5 Gbit/s',
  ]);
});
