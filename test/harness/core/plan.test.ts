import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { cellsOf } from '../../../harness/core/grid.ts';
import { applyOverrides } from '../../../harness/core/overrides.ts';
import { buildPlan } from '../../../harness/core/plan.ts';
import { cellId } from '../../../harness/core/record.ts';
import { fewestBlocks } from '../../../harness/core/stopping.ts';
import { scenarioSchema, type Scenario } from '../../../harness/core/scenario.ts';
import dualCore from '../../../scenarios/dual-core.ts';
import reference from '../../../scenarios/reference.ts';
import singleCore from '../../../scenarios/single-core.ts';
import smoke from '../../../scenarios/smoke.ts';
import verdicts from '../../../scenarios/verdicts.ts';

const windowEvent = () => null;
const timings = new Map([
  ['uring', { minimumWindowMs: 100, overheadMs: () => 100, windowEvent }],
  ['epoll', { minimumWindowMs: 100, overheadMs: () => 100, windowEvent }],
  [
    'processes',
    { minimumWindowMs: 100, overheadMs: (concurrency: number) => 1100 + 0.4 * concurrency, windowEvent },
  ],
  ['autocannon', { minimumWindowMs: 1500, overheadMs: () => 1000, windowEvent }],
  ['wrk', { minimumWindowMs: 1000, hasWarmup: false as const, overheadMs: () => 300 }],
]);
const single = scenarioSchema.parse(singleCore);

describe('buildPlan', () => {
  it('holds every cell once in every block, and each repeat under a name of its own', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, repeats) => {
        const scenario = applyOverrides(single, 'full', { repeats });
        const { repeats: planned } = buildPlan(scenario, 'full', seed, timings);
        const cells = cellsOf(scenario).map(cellId).sort();
        for (let block = 1; block <= repeats; block++) {
          const inBlock = planned.filter((repeat) => repeat.pass === 'timed' && repeat.block === block);
          expect(inBlock.map((repeat) => cellId(repeat.cell)).sort()).toEqual(cells);
        }
        expect(new Set(planned.map((repeat) => repeat.repeatId)).size).toBe(planned.length);
        expect(planned.map((repeat) => repeat.position)).toEqual(planned.map((_, index) => index + 1));
      }),
      { numRuns: 30 },
    );
  });

  it('begins with six blocks where a precision is to be reached, or with those that its budget allows', () => {
    const blocksOf = (budgetMs: number): number => {
      const scenario = applyOverrides(single, 'full', { precision: 0.05, budgetMs });
      const { repeats } = buildPlan(scenario, 'full', 1, timings);
      return new Set(repeats.filter(({ pass }) => pass === 'timed').map(({ block }) => block)).size;
    };
    expect(blocksOf(24 * 3_600_000)).toBe(fewestBlocks);
    expect(blocksOf(15 * 60_000)).toBeLessThan(fewestBlocks);
    expect(blocksOf(1000)).toBe(1);
  });

  it('lets warm-ups last until the rate is steady, but for loads that have none, and windows grow where queues overflow', () => {
    const timedOf = (load: string) =>
      buildPlan(applyOverrides(single, 'full', { load }), 'full', 1, timings).repeats.filter(
        ({ pass }) => pass === 'timed',
      );
    expect(timedOf('uring').every(({ warmupMs, warmupLimitMs }) => (warmupLimitMs ?? 0) > warmupMs)).toBe(
      true,
    );
    expect(timedOf('wrk').every(({ warmupLimitMs }) => warmupLimitMs === undefined)).toBe(true);
    const exact = applyOverrides(single, 'full', { windowMs: 3000 });
    for (const { windowMs, overflowWindowMs } of buildPlan(exact, 'full', 1, timings).repeats) {
      expect(overflowWindowMs).toBeUndefined();
      expect(windowMs).toBeLessThanOrEqual(3000);
    }
  });

  it('draws the order from the seed: the same again for the same, another for another, new in each block', () => {
    const order = (seed: number, block: number): string[] =>
      buildPlan(single, 'full', seed, timings)
        .repeats.filter((repeat) => repeat.block === block)
        .map((repeat) => cellId(repeat.cell));
    expect(order(7, 1)).toEqual(order(7, 1));
    expect(order(7, 1)).not.toEqual(order(8, 1));
    expect(order(7, 1)).not.toEqual(order(7, 2));
  });

  it('says what it leaves out since a load cannot make so many connections, and is never empty', () => {
    const limited = new Map([['epoll', { ...timings.get('epoll')!, mostConnections: 50 }]]);
    const planOf = (concurrencies: number[]) =>
      buildPlan(applyOverrides(single, 'full', { load: 'epoll', concurrencies }), 'full', 1, limited);
    expect(planOf([5, 50]).notes).toEqual([]);
    const { repeats, notes } = planOf([5, 1000, 100]);
    expect(new Set(repeats.map(({ cell }) => cell.concurrency))).toEqual(new Set([5]));
    expect(notes).toEqual([
      'The load "epoll" makes at most 50 connections, so it was left out at 100, 1000.',
    ]);
    expect(() => planOf([100])).toThrow(UserError);
    expect(() => planOf([100])).toThrow(/nothing would be measured: .*at most 50 connections/);
  });

  it('keeps the promised durations: quick in 3 minutes, full in 35, smoke under 20 seconds', () => {
    for (const input of [singleCore, dualCore, reference]) {
      const scenario = scenarioSchema.parse(input);
      expect(buildPlan(scenario, 'quick', 1, timings).estimatedMs).toBeLessThanOrEqual(180_000);
      expect(buildPlan(scenario, 'full', 1, timings).estimatedMs).toBeLessThanOrEqual(35 * 60_000);
    }
    expect(buildPlan(scenarioSchema.parse(smoke), 'full', 1, timings).estimatedMs).toBeLessThan(18_000);
  });

  it('gives the full plan five blocks, and windows that see clients come again after 1, 3 and 7 s where queues overflow', () => {
    const { repeats } = buildPlan(single, 'full', 1, timings);
    const timed = repeats.filter((repeat) => repeat.pass === 'timed');
    expect(Math.max(...timed.map((repeat) => repeat.block))).toBeGreaterThanOrEqual(5);
    for (const repeat of timed.filter((one) => one.cell.concurrency >= 10)) {
      expect(repeat.windowMs).toBeGreaterThanOrEqual(8000);
    }
    // Below that they may, with another backlog.
    for (const repeat of timed.filter((one) => one.cell.concurrency < 10)) {
      expect(repeat.overflowWindowMs).toBeGreaterThanOrEqual(8000);
    }
  });

  it('gives up blocks to keep a budget, never windows, and never the last block', () => {
    const scenario = applyOverrides(single, 'quick', { load: 'autocannon' });
    const { repeats } = buildPlan(scenario, 'quick', 1, timings);
    expect(new Set(repeats.filter((one) => one.pass === 'timed').map((one) => one.block))).toEqual(
      new Set([1]),
    );
    expect(Math.min(...repeats.map((one) => one.windowMs))).toBe(1500);
  });

  it('leaves out what a load cannot make', () => {
    const scenario = applyOverrides(single, 'quick', { load: 'processes', concurrencies: [10, 3001] });
    const limited = new Map([['processes', { ...timings.get('processes')!, mostConnections: 3000 }]]);
    const { repeats } = buildPlan(scenario, 'quick', 1, limited);
    expect(new Set(repeats.map((one) => one.cell.concurrency))).toEqual(new Set([10]));
  });

  it('gives whoever asks for repeats as many as they asked for', () => {
    const scenario = applyOverrides(single, 'quick', { load: 'autocannon', repeats: 4 });
    const { repeats } = buildPlan(scenario, 'quick', 1, timings);
    expect(Math.max(...repeats.map((one) => one.block))).toBe(4);
  });

  it('traces at the concurrencies that the scenario names, after all timed repeats', () => {
    const { repeats } = buildPlan(single, 'quick', 1, timings);
    const traced = repeats.filter((repeat) => repeat.pass === 'traced');
    // Each tracer slows a server down in its own way, so each has a pass of its own.
    expect(traced).toHaveLength(9 * single.tracers.length);
    expect([...new Set(traced.map((repeat) => repeat.cell.concurrency))].sort((a, b) => a - b)).toEqual([
      5, 10, 50,
    ]);
    expect(new Set(traced.map((repeat) => repeat.tracer))).toEqual(new Set(single.tracers));
    expect(repeats.slice(-traced.length)).toEqual(expect.arrayContaining(traced));
  });

  it('runs the seed as the seed did: once, 30 s, no warm-up', () => {
    const { repeats } = buildPlan(applyOverrides(single, 'seed', { load: 'processes' }), 'seed', 1, timings);
    const timed = repeats.filter((repeat) => repeat.pass === 'timed');
    expect(timed).toHaveLength(39);
    expect(timed.every((repeat) => repeat.windowMs === 30_000 && repeat.warmupMs === 0)).toBe(true);
  });
});

it('plans no warm-up for a load that has none', () => {
  const { repeats } = buildPlan(applyOverrides(single, 'quick', { load: 'wrk' }), 'quick', 1, timings);
  expect(repeats.every(({ warmupMs, windowMs }) => warmupMs === 0 && windowMs >= 1000)).toBe(true);
});

describe('applyOverrides', () => {
  it('tells a load where its tool is', () => {
    const toolPaths = { wrk: '/opt/wrk' };
    const { loads } = applyOverrides(single, 'quick', { load: 'wrk', toolPaths });
    expect(loads).toEqual([{ id: 'wrk', params: { path: '/opt/wrk' } }]);
    expect(() => applyOverrides(single, 'quick', { toolPaths })).toThrow(/load "wrk" is not used/);
  });

  it('narrows variants, concurrencies and windows', () => {
    const scenario = applyOverrides(single, 'quick', {
      variants: ['epoll-prefork-1'],
      concurrencies: [10, 7],
      windowMs: 700,
    });
    expect(cellsOf(scenario).map(cellId)).toEqual(['epoll-prefork-1/uring/c10', 'epoll-prefork-1/uring/c7']);
    expect(scenario.baseline).toBe('epoll-prefork-1');
    expect(scenario.traced?.concurrencies).toEqual([10]);
    expect(
      buildPlan(scenario, 'quick', 1, timings).repeats.filter((one) => one.pass === 'timed')[0]?.windowMs,
    ).toBe(700);
  });

  it('stays a valid scenario whatever it is asked for', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
        fc.subarray(
          single.variants.map((variant) => variant.id),
          { minLength: 1 },
        ),
        (concurrencies, variants) => {
          const scenario: Scenario = applyOverrides(single, 'full', { concurrencies, variants });
          expect(scenarioSchema.safeParse(scenario).success).toBe(true);
        },
      ),
    );
  });

  it('adds servers of the user, before it looks for variants', () => {
    const mine = { id: 'mine', label: 'mine', plugin: 'command', params: {}, optional: false };
    const ids = (scenario: Scenario): string[] => scenario.variants.map((variant) => variant.id);
    expect(ids(applyOverrides(single, 'quick', { servers: [mine] }))).toEqual([...ids(single), 'mine']);
    const narrowed = applyOverrides(single, 'quick', {
      servers: [mine],
      variants: ['mine', 'blocking-serial'],
    });
    expect(ids(narrowed)).toEqual(['mine', 'blocking-serial']);
    expect(narrowed.baseline).toBe('blocking-serial');
    expect(scenarioSchema.safeParse(narrowed).success).toBe(true);
    expect(() => applyOverrides(single, 'quick', { servers: [mine, mine] })).toThrow(
      /there is a variant "mine" already/,
    );
  });

  it('names what is not there and what there is', () => {
    expect(() => applyOverrides(single, 'quick', { variants: ['nginx'] })).toThrow(/no variant "nginx"/);
    try {
      applyOverrides(single, 'quick', { variants: ['nginx'] });
    } catch (error) {
      expect((error as UserError).remedy).toContain('epoll-prefork-2');
    }
    const withoutSeedPlan = { ...single, plans: { full: single.plans.full, quick: single.plans.quick } };
    expect(() => applyOverrides(withoutSeedPlan, 'seed', {})).toThrow(UserError);
  });
});

describe('a scenario with conditions', () => {
  const trial = scenarioSchema.parse(verdicts);

  it('has a grid for each of them', () => {
    const cells = cellsOf(trial);
    expect(new Set(cells.map(cellId)).size).toBe(cells.length);
    const stalled = cells.filter(({ factors }) => factors['condition'] === 'a-client-stalls-for-ms-100');
    expect(stalled.map(({ variant, concurrency }) => [variant, concurrency])).toEqual([
      ['serial', 5],
      ['serial', 50],
    ]);
  });

  it('keeps of its conditions those that the chosen servers take part in', () => {
    const chosen = applyOverrides(trial, 'quick', {
      variants: ['single'],
      conditions: ['backlog-0', 'answers-mute'],
      concurrencies: [7],
    });
    expect(scenarioSchema.parse(chosen).conditions?.map(({ id }) => id)).toEqual(['backlog-0']);
    expect(cellsOf(chosen).map(cellId)).toEqual(['single/uring/c7/condition=backlog-0']);
  });

  it('refuses a condition that it does not have', () => {
    expect(() => applyOverrides(trial, 'quick', { conditions: ['nothing'] })).toThrow(
      'has no condition "nothing"',
    );
    expect(() => applyOverrides(single, 'quick', { conditions: ['nothing'] })).toThrow(UserError);
  });
});
