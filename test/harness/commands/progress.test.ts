import { expect, it } from 'vitest';
import { remainingMs } from '../../../harness/commands/progress.ts';

it('the time left is the estimate at first, nothing at the end, and between them follows what repeats really took', () => {
  expect(remainingMs(0, 10, 100_000, 0)).toBe(100_000);
  expect(remainingMs(10, 10, 100_000, 250_000)).toBe(0);
  expect(remainingMs(5, 10, 100_000, 50_000)).toBe(50_000);
  const slower = remainingMs(5, 10, 100_000, 100_000);
  expect(slower).toBeGreaterThan(50_000);
  expect(slower).toBeLessThan(100_000);
});
