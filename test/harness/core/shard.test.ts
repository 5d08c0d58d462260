import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPlan, type LoadTiming } from '../../../harness/core/plan.ts';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import { partOfPlan } from '../../../harness/core/shard.ts';
import singleCore from '../../../scenarios/single-core.ts';

const scenario = scenarioSchema.parse(singleCore);
const timing: LoadTiming = { minimumWindowMs: 100, windowEvent: true, overheadMs: () => 100 };
const timings = new Map(scenario.loads.map(({ id }) => [id, timing]));

function planOf(blocks: number, seed: number) {
  const plans = { ...scenario.plans, full: { ...scenario.plans.full, blocks, budgetMs: undefined } };
  return buildPlan({ ...scenario, plans }, 'full', seed, timings);
}

describe('shards of a plan', () => {
  it('are the whole plan together, each block in one of them and in its order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1000),
        (of, more, seed) => {
          const whole = planOf(of + more - 1, seed);
          const parts = Array.from({ length: of }, (_, at) => partOfPlan(whole, { index: at + 1, of }));
          const timed = parts.map(({ repeats }) => repeats.filter(({ pass }) => pass === 'timed'));
          for (const block of new Set(whole.repeats.map((repeat) => repeat.block))) {
            if (block === 0) continue;
            const having = timed.filter((repeats) => repeats.some((repeat) => repeat.block === block));
            expect(having).toHaveLength(1);
            expect(having[0]!.filter((repeat) => repeat.block === block)).toEqual(
              whole.repeats.filter((repeat) => repeat.block === block),
            );
          }
          const traced = parts.flatMap(({ repeats }) => repeats.filter(({ pass }) => pass === 'traced'));
          expect(new Set(traced)).toEqual(new Set(whole.repeats.filter(({ pass }) => pass === 'traced')));
          expect(traced).toHaveLength(whole.repeats.filter(({ pass }) => pass === 'traced').length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('have no name of a repeat in common, ceilings included, which each of them measures', () => {
    const whole = planOf(5, 1);
    const ceilings = whole.repeats.filter(({ pass }) => pass === 'ceiling').length;
    expect(ceilings).toBeGreaterThan(0);
    const parts = [1, 2, 3].map((index) => partOfPlan(whole, { index, of: 3 }));
    const names = parts.flatMap(({ repeats }) => repeats.map(({ repeatId }) => repeatId));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(whole.repeats.length + 2 * ceilings);
  });

  it('take the time of what is in them', () => {
    const whole = planOf(6, 1);
    const parts = [1, 2, 3].map((index) => partOfPlan(whole, { index, of: 3 }));
    const together = parts.reduce((total, { estimatedMs }) => total + estimatedMs, 0);
    expect(together).toBeCloseTo(whole.estimatedMs + 2 * whole.ceilingMs, 3);
  });

  it('cannot be more than there are blocks', () => {
    expect(() => partOfPlan(planOf(2, 1), { index: 3, of: 3 })).toThrow(
      '--shard: 3 shards cannot share a plan of 2 blocks',
    );
  });
});
