import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import { familyLevel } from '../../../harness/analysis/compare.ts';
import { intervalOf } from '../../../harness/analysis/intervals.ts';
import { holm } from '../../../harness/analysis/multiple.ts';
import { isNarrow } from '../../../harness/analysis/precision.ts';
import { inRandomOrder } from '../../../harness/core/plan.ts';
import { cellId, recordSchema, throughput } from '../../../harness/core/record.ts';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import dualCore from '../../../scenarios/dual-core.ts';
import generators from '../../../scenarios/generators.ts';
import probes from '../../../scenarios/probes.ts';
import reference from '../../../scenarios/reference.ts';
import singleCore from '../../../scenarios/single-core.ts';

/*
 * Whether 95 % means 95 %: runs are simulated whose noise was measured, with known ratios, and it is counted how often
 * the interval holds the true one. Every figure here follows from the journals in results/ and from a seed.
 */

const trials = 2000;
const scenarios = { singleCore, dualCore, reference, probes, generators };
const names = ['single-core', 'dual-core', 'reference', 'probes', 'generators'];

/** Deviations of repeats from their cell's typical rate, as logarithms, of all shipped runs with three blocks or more. */
function shippedNoise(): number[] {
  const noise: number[] = [];
  for (const name of names) {
    for (const run of readdirSync(join('results', name))) {
      const cells = new Map<string, number[]>();
      for (const line of readFileSync(join('results', name, run, 'records.ndjson'), 'utf8').split('\n')) {
        if (line === '') continue;
        const { cell, pass, status, load } = recordSchema.parse(JSON.parse(line));
        const rate = pass === 'timed' && status === 'ok' && load ? throughput(load) : 0;
        if (rate > 0) cells.set(cellId(cell), [...(cells.get(cellId(cell)) ?? []), Math.log(rate)]);
      }
      for (const rates of cells.values()) {
        if (rates.length < 3) continue;
        const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
        // The mean of few lies nearer to them than the truth does.
        const widen = Math.sqrt(rates.length / (rates.length - 1));
        noise.push(...rates.map((rate) => (rate - mean) * widen));
      }
    }
  }
  return noise;
}

let noise: number[] = [];
beforeAll(() => void (noise = shippedNoise()));

/** A machine whose speed wanders by some per cent from repeat to repeat, and jumps between blocks. */
function machine(seed: number) {
  const random = xoroshiro128plus(seed);
  const uniform = (): number => uniformInt(random, 0, 1_000_000) / 1_000_000;
  let drift = 0;
  return {
    pick: (): number => noise[uniformInt(random, 0, noise.length - 1)]!,
    /** The logarithm of its speed when the next repeat is made. */
    speed: (): number => (drift += 0.04 * (uniform() - 0.5)),
    newBlock: (): void => void (drift += 0.4 * (uniform() - 0.5)),
    order: (count: number): number[] =>
      inRandomOrder(
        Array.from({ length: count }, (_, at) => at),
        uniformInt(random, 0, 2 ** 31 - 1),
      ),
  };
}

/** Ratios of pairs of cells, one a block, each block in a random order of its own. */
function simulate(
  on: ReturnType<typeof machine>,
  pairs: number,
  blocks: number,
  trueRatio: number,
): number[][] {
  const ratios = Array.from({ length: pairs }, (): number[] => []);
  for (let block = 0; block < blocks; block++) {
    on.newBlock();
    const rates = Array.from({ length: 2 * pairs }, () => NaN);
    for (const cell of on.order(2 * pairs)) {
      rates[cell] = on.speed() + on.pick() + (cell % 2 === 1 ? Math.log(trueRatio) : 0);
    }
    for (const [pair, values] of ratios.entries()) {
      values.push(Math.exp(rates[2 * pair + 1]! - rates[2 * pair]!));
    }
  }
  return ratios;
}

const plans = Object.values(scenarios).flatMap((input) => {
  const { plans: shapes } = scenarioSchema.parse(input);
  return [shapes.full.blocks, shapes.quick.blocks];
});
const shippedBlocks = [...new Set(plans)].sort((a, b) => a - b);

it('the noise is that of real runs', () => {
  expect(noise.length).toBeGreaterThan(500);
});

describe.each(shippedBlocks)('with %i blocks, as a shipped plan has', (blocks) => {
  it('the interval holds the true ratio in 93 to 97 % of the trials, drift included', () => {
    const on = machine(blocks);
    const trueRatio = 1.8;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = intervalOf(simulate(on, 13, blocks, trueRatio)[trial % 13]!)!;
      if (low! <= trueRatio && trueRatio <= high!) held += 1;
    }
    expect(held / trials).toBeGreaterThanOrEqual(0.93);
    expect(held / trials).toBeLessThanOrEqual(0.97);
  });

  it('of runs of two equal servers at most 5 % call any cell of their grid different', () => {
    const on = machine(100 + blocks);
    let wrong = 0;
    for (let trial = 0; trial < trials; trial++) {
      const pValues = simulate(on, 13, blocks, 1).map((ratios) => intervalOf(ratios)!.pValue!);
      if (holm(pValues).some((p) => p <= familyLevel)) wrong += 1;
    }
    expect(wrong / trials).toBeLessThanOrEqual(0.05);
  });
});

it.each([0.05, 0.1, 0.2])(
  'a run that stops when its interval is within %d of the ratio keeps its promise too',
  (target) => {
    const on = machine(1000 * target);
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      // Some cells are quieter than others.
      const scale = [0.3, 0.6, 1][trial % 3]!;
      const values: number[] = [];
      do {
        const [[ratio]] = simulate(on, 1, 1, 1) as [[number]];
        values.push(1.8 * ratio ** scale);
      } while (!isNarrow({ values }, target));
      const { low, high } = intervalOf(values)!;
      if (low! <= 1.8 && 1.8 <= high!) held += 1;
    }
    expect(held / trials).toBeGreaterThanOrEqual(0.93);
    expect(held / trials).toBeLessThanOrEqual(0.97);
  },
  60_000,
);
