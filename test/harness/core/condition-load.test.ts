import { expect, it } from 'vitest';
import { cellsOf, choicesFor, loadsUsed } from '../../../harness/core/grid.ts';
import { buildPlan, type LoadTiming } from '../../../harness/core/plan.ts';
import { cellId } from '../../../harness/core/record.ts';
import { scenarioSchema, type ScenarioInput } from '../../../harness/core/scenario.ts';

/*
 * A condition with a load of its own: another one makes the requests of its cells, in the same grid.
 */

const shape = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 1000 }], drainMs: 0 };
const input: ScenarioInput = {
  name: 'two-loads',
  title: 'Two loads',
  question: 'Which?',
  variants: [{ id: 'serial', label: 'serial', plugin: 'blocking-serial' }],
  baseline: 'serial',
  loads: [{ id: 'uring', params: { close: 'client' } }],
  concurrencies: [5, 100],
  hosts: { tomCores: 1 },
  plans: { full: shape, quick: shape },
  ceiling: false,
  conditions: [
    { id: 'usual', label: 'usual' },
    { id: 'other', label: 'other', load: { id: 'processes' } },
  ],
};
const scenario = scenarioSchema.parse(input);
const timing = (overheadMs: number) => ({
  minimumWindowMs: 100,
  windowEvent: () => null,
  overheadMs: () => overheadMs,
});
const timings = new Map<string, LoadTiming>([
  ['uring', timing(100)],
  ['processes', { ...timing(1000), mostConnections: 50 }],
]);

it('its cells are in the grid once, under the name of the load of the grid', () => {
  expect(cellsOf(scenario).map(cellId)).toEqual([
    'serial/uring/c5/condition=usual',
    'serial/uring/c100/condition=usual',
    'serial/uring/c5/condition=other',
    'serial/uring/c100/condition=other',
  ]);
});

it('another load makes the requests, with its own parameters', () => {
  const choices = cellsOf(scenario).map((cell) => choicesFor(scenario, cell).load);
  expect(choices.map(({ id }) => id)).toEqual(['uring', 'uring', 'processes', 'processes']);
  expect(choices.map(({ params }) => params)).toEqual([{ close: 'client' }, { close: 'client' }, {}, {}]);
  expect(loadsUsed(scenario).map(({ id }) => id)).toEqual(['uring', 'processes']);
});

it('the plan takes its times, and leaves out what it cannot make', () => {
  const plan = buildPlan(scenario, 'full', 1, timings);
  expect(plan.repeats).toHaveLength(3);
  // Each with a second of window and what a repeat takes besides.
  const besides = (plan.estimatedMs - 3 * 1000 - 2 * 100 - 1000) / 3;
  expect(besides).toBeGreaterThanOrEqual(0);
  expect(besides).toBeLessThan(1000);
  expect(plan.notes).toEqual([
    'The load "processes" makes at most 50 connections, so it was left out at 100.',
  ]);
});

it('a scenario that measures ceilings has no such condition', () => {
  const { success, error } = scenarioSchema.safeParse({ ...input, ceiling: true });
  expect(success).toBe(false);
  expect(error!.issues[0]).toMatchObject({
    path: ['conditions', 1, 'load'],
    message: expect.stringContaining('set its ceiling to false'),
  });
});
