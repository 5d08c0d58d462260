import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import {
  formatDuration,
  pagesPerMinute,
  parseDuration,
  requestsPerSecond,
} from '../../../harness/core/units.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['3s', 3000],
    ['1.5s', 1500],
    ['2m', 120_000],
  ])('reads %s', (text, ms) => expect(parseDuration(text, '--duration')).toBe(ms));

  it.each(['', '3', 's', '-1s', '0s', '3 h', '1e3s'])('refuses "%s" and names the flag', (text) => {
    expect(() => parseDuration(text, '--duration')).toThrow(UserError);
    expect(() => parseDuration(text, '--duration')).toThrow(/--duration/);
  });
});

it.each([
  [850, '850 ms'],
  [3000, '3 s'],
  [1500, '1.5 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
])('formats %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

it('knows that 123,714 pages per minute are 2,061.9 requests per second', () => {
  expect(requestsPerSecond(123_714)).toBeCloseTo(2061.9, 5);
  expect(pagesPerMinute(2061.9)).toBeCloseTo(123_714, 5);
});
