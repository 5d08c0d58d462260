import { describe, expect, it } from 'vitest';
import { nextBlock } from '../../../harness/analysis/precision.ts';
import { cellsOf, capacityCellOf } from '../../../harness/core/grid.ts';
import { applyOverrides } from '../../../harness/core/overrides.ts';
import { buildPlan } from '../../../harness/core/plan.ts';
import { shareOf } from '../../../harness/core/rate-share.ts';
import { cellId, type RepeatRecord } from '../../../harness/core/record.ts';
import { scenarioSchema, type ConditionInput } from '../../../harness/core/scenario.ts';
import { loadAt } from '../../../harness/engine/load-rate.ts';
import smoke from '../../../scenarios/smoke.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const timings = new Map([['uring', { minimumWindowMs: 100, overheadMs: () => 100 }]]);
const capacity: ConditionInput = { id: 'capacity', label: 'capacity', concurrencies: [50] };
const atShare = (rate: string, change: Partial<ConditionInput> = {}): ConditionInput => ({
  id: `rate-${rate.replace('%', '')}`,
  label: rate,
  concurrencies: [1000],
  loadParams: { rate },
  rateOf: 'capacity',
  ...change,
});
const input = (conditions: ConditionInput[]) => ({ ...smoke, traced: undefined, conditions });
const parse = (conditions: ConditionInput[]) => scenarioSchema.parse(input(conditions));
const scenario = parse([atShare('70%'), capacity, atShare('110%')]);

it('reads a share in per cent, and nothing else', () => {
  expect(shareOf('70%')).toBeCloseTo(0.7);
  expect(shareOf('2.5%')).toBeCloseTo(0.025);
  for (const other of ['70', 70, '0%', '-5%', '%', '70 %', undefined]) expect(shareOf(other)).toBeNull();
});

describe('the schema refuses', () => {
  const problems = (conditions: ConditionInput[], change: object = {}): string =>
    scenarioSchema
      .safeParse({ ...input(conditions), ...change })
      .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .join('\n') ?? '';

  it.each<[string, ConditionInput[], RegExp]>([
    [
      'a share of nothing',
      [capacity, atShare('70%', { rateOf: undefined })],
      /1\.loadParams: .*needs rateOf/,
    ],
    ['a share of an unknown condition', [atShare('70%')], /0\.rateOf: "capacity" is none of rate-70/],
    [
      'a share of a share',
      [capacity, atShare('70%'), atShare('50%', { rateOf: 'rate-70' })],
      /2\.rateOf: "rate-70" has a rate itself/,
    ],
    [
      'a reference without a share',
      [capacity, atShare('70%', { loadParams: { rate: 500 } })],
      /1\.rateOf: rateOf needs loadParams\.rate as a share/,
    ],
    [
      'a variant that the reference does not measure',
      [{ ...capacity, variants: ['blocking-serial'] }, atShare('70%')],
      /1\.rateOf: "capacity" does not measure "epoll-/,
    ],
    [
      'a concurrency that the reference does not measure',
      [{ ...capacity, concurrencies: [10, 50] }, atShare('70%')],
      /1\.rateOf: "capacity" is measured neither at 1000 connections nor at one concurrency alone/,
    ],
  ])('%s', (_, conditions, message) => expect(problems(conditions)).toMatch(message));

  it('a share without a condition', () => {
    const loads = [{ id: 'uring', params: { rate: '70%' } }];
    expect(problems([capacity], { loads })).toMatch(/loads\.0\.params: .*belongs into a condition/);
  });
});

describe('a plan with shares', () => {
  it('measures capacities first in each block, both parts in random order', () => {
    const orders = new Set<string>();
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { repeats } = buildPlan(scenario, 'full', seed, timings);
      const timed = repeats.filter(({ pass, block }) => pass === 'timed' && block === 1);
      const conditions = timed.map(({ cell }) => cell.factors['condition']);
      const variants = scenario.variants.length;
      expect(conditions.slice(0, variants).every((id) => id === 'capacity')).toBe(true);
      expect(conditions.slice(variants)).not.toContain('capacity');
      orders.add(timed.map(({ cell }) => cellId(cell)).join());
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  it('keeps the capacity where only shares, or other concurrencies, are asked for', () => {
    const chosen = applyOverrides(scenario, 'full', { conditions: ['rate-70'], concurrencies: [200] });
    expect(
      cellsOf(chosen).map(({ factors, concurrency }) => `${factors['condition']} ${concurrency}`),
    ).toEqual(expect.arrayContaining(['capacity 50', 'rate-70 200']));
    expect(new Set(chosen.conditions?.map(({ id }) => id))).toEqual(new Set(['capacity', 'rate-70']));
    expect(scenarioSchema.safeParse(chosen).success).toBe(true);
  });

  it('has a further block measure the capacity before what needs it', () => {
    const { repeats } = buildPlan(scenario, 'full', 1, timings);
    const { manifest } = madeUpRun();
    const precision = { target: 0.001, budgetMs: 3_600_000 };
    const block = nextBlock({
      manifest: { ...manifest, scenario, repeats, precision } as never,
      records: [],
    });
    const conditions = block.map(({ cell }) => cell.factors['condition']);
    expect(conditions.lastIndexOf('capacity')).toBeLessThan(conditions.indexOf('rate-70'));
    expect(conditions.filter((id) => id === 'capacity')).toHaveLength(scenario.variants.length);
  });
});

describe('loadAt', () => {
  const cell = cellsOf(scenario).find(({ factors }) => factors['condition'] === 'rate-70')!;
  const reference = capacityCellOf(scenario, cell)!;
  const load = { id: 'uring', params: { rate: '70%', arrivals: 'poisson' } };
  const record = (change: object): RepeatRecord =>
    ({
      pass: 'timed',
      block: 2,
      status: 'ok',
      cell: reference,
      load: { window: { durationMs: 2000, succeeded: 20_000 } },
      ...change,
    }) as RepeatRecord;
  const at = (...records: RepeatRecord[]) =>
    loadAt(load, scenario, { cell, pass: 'timed', block: 2 }, records);

  it('takes the share of what the same block served, by its last attempt', () => {
    const other = record({ block: 1, load: { window: { durationMs: 2000, succeeded: 4000 } } });
    const first = record({ load: { window: { durationMs: 2000, succeeded: 2 } } });
    expect(reference.concurrency).toBe(50);
    expect(at(first, record({}), other)).toEqual({
      id: 'uring',
      params: { rate: 7000, arrivals: 'poisson', 'arrival-seed': 2 },
    });
  });

  it('gives each block other random arrivals, unless the scenario says which', () => {
    const at4 = { cell, pass: 'timed', block: 4 } as const;
    const poisson = { id: 'uring', params: { rate: 5, arrivals: 'poisson' } };
    expect(loadAt(poisson, scenario, at4, [])).toMatchObject({ params: { 'arrival-seed': 4 } });
    const seeded = { id: 'uring', params: { ...poisson.params, 'arrival-seed': 9 } };
    expect(loadAt(seeded, scenario, at4, [])).toMatchObject({ params: { 'arrival-seed': 9 } });
  });

  it('leaves a load alone that asks for no share', () => {
    const plain = { id: 'uring', params: { rate: 500 } };
    expect(loadAt(plain, scenario, { cell, pass: 'timed', block: 2 }, [])).toBe(plain);
  });

  it.each<[RegExp, RepeatRecord[]]>([
    [
      /70% of what blocking-serial\/uring\/c50\/condition=capacity serves .* was not measured/,
      [record({ block: 1 })],
    ],
    [/failed: it crashed/, [record({ status: 'failed', failure: { stage: 'load', message: 'it crashed' } })]],
    [/served nothing/, [record({ load: { window: { durationMs: 2000, succeeded: 0 } } })]],
  ])('says why there is no rate: %s', (message, records) => {
    expect(at(...records)).toEqual({ impossible: expect.stringMatching(message) as string });
  });
});
