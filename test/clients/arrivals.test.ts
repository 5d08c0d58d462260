import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProbe, sanitized } from '../support/build-probe.ts';

let directory = '';
let probe = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'forkbench-arrivals-'));
  probe = await buildProbe('test/clients/arrivals-probe.cc', directory, [
    ...sanitized,
    'clients/arrivals.cc',
  ]);
});
afterAll(() => rm(directory, { recursive: true }));

async function planned(
  rate: number,
  arrivals: 'constant' | 'poisson',
  { seed = 1, count = 20_000 } = {},
): Promise<number[]> {
  const { stdout } = await execa(probe, [String(rate), arrivals, String(seed), String(count)]);
  return stdout.split('\n').map(Number);
}

const gaps = (times: readonly number[]): number[] =>
  times.map((time, index) => time - (index === 0 ? 0 : times[index - 1]!));

describe('constant arrivals', () => {
  it.each([3, 1000, 7001, 0.5, 1_000_000])(
    'come at k / %d seconds, without an error that adds up',
    async (rate) => {
      const times = await planned(rate, 'constant');
      for (const [index, time] of times.entries()) {
        expect(Math.abs(time - (index * 1e9) / rate)).toBeLessThanOrEqual(1);
      }
    },
  );

  it('of the slowest rate never come again', async () => {
    expect(await planned(1e-300, 'constant', { count: 2 })).toEqual([0, 1e18]);
  });
});

describe('Poisson’s arrivals', () => {
  const rate = 2500;
  const meanNs = 1e9 / rate;

  it('have gaps of the right mean and of exponential shape', async () => {
    const all = gaps(await planned(rate, 'poisson'));
    const count = all.length;
    const mean = all.reduce((sum, gap) => sum + gap, 0) / count;
    // Of the mean of exponential gaps the standard error is mean / √count. The seed is fixed, and so is the outcome.
    expect(Math.abs(mean / meanNs - 1)).toBeLessThan(3 / Math.sqrt(count));
    // Kolmogorov and Smirnov: their distance exceeds 1.63 / √count in one of a hundred samples.
    const sorted = all.toSorted((a, b) => a - b);
    const distances = sorted.map((gap, index) => {
      const expected = 1 - Math.exp(-gap / meanNs);
      return Math.max(Math.abs(expected - index / count), Math.abs(expected - (index + 1) / count));
    });
    expect(Math.max(...distances)).toBeLessThan(1.63 / Math.sqrt(count));
  });

  it('have gaps that tell nothing of each other', async () => {
    const all = gaps(await planned(rate, 'poisson')).map((gap) => gap / meanNs - 1);
    const products = all.slice(1).map((gap, index) => gap * all[index]!);
    const correlation = products.reduce((sum, product) => sum + product, 0) / products.length;
    expect(Math.abs(correlation)).toBeLessThan(3 / Math.sqrt(products.length));
  });

  it('are the same from the same seed, and others from another', async () => {
    const first = await planned(rate, 'poisson', { seed: 7, count: 100 });
    expect(await planned(rate, 'poisson', { seed: 7, count: 100 })).toEqual(first);
    expect(await planned(rate, 'poisson', { seed: 8, count: 100 })).not.toEqual(first);
  });
});
