import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../harness/core/errors.ts';
import { buildPlan } from '../../../harness/core/plan.ts';
import type { PlannedRepeat } from '../../../harness/core/manifest.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import type { RepeatOutcome } from '../../../harness/engine/repeat.ts';
import { runPlan } from '../../../harness/engine/run-plan.ts';
import smoke from '../../../scenarios/smoke.ts';

const timings = new Map([['uring', { minimumWindowMs: 100, overheadMs: () => 100 }]]);
const plan = buildPlan(scenarioSchema.parse(smoke), 'full', 1, timings);

const outcomeOf = (planned: PlannedRepeat, status: 'ok' | 'failed'): RepeatOutcome => ({
  raw: {},
  record: {
    ...planned,
    schema: 1,
    status,
    startedAt: '2026-01-01T00:00:00.000Z',
    elapsedMs: 1,
    unavailable: [],
  } as unknown as RepeatRecord,
});

function journal() {
  const kept: string[] = [];
  return {
    kept,
    append: async (outcome: RepeatOutcome) => (kept.push(outcome.record.repeatId), outcome.record),
  };
}

describe('runPlan', () => {
  it('makes every repeat in the order of the plan, and journals each before the next begins', async () => {
    const { kept, append } = journal();
    const records = await runPlan(
      plan,
      { append },
      async (planned) => {
        expect(kept).toHaveLength(planned.position - 1);
        return outcomeOf(planned, 'ok');
      },
      new AbortController().signal,
    );
    expect(records.map((record) => record.repeatId)).toEqual(plan.repeats.map((repeat) => repeat.repeatId));
    expect(kept).toEqual(plan.repeats.map((repeat) => repeat.repeatId));
  });

  it('goes on after a failed repeat: a failure is a result', async () => {
    const { kept, append } = journal();
    const make = async (planned: PlannedRepeat) =>
      outcomeOf(planned, planned.position === 2 ? 'failed' : 'ok');
    const records = await runPlan(plan, { append }, make, new AbortController().signal);
    expect(records.filter((record) => record.status === 'failed')).toHaveLength(1);
    expect(kept).toHaveLength(plan.repeats.length);
  });

  it('starts nothing more once it was interrupted', async () => {
    const { kept, append } = journal();
    const interrupt = new AbortController();
    const make = async (planned: PlannedRepeat) => {
      if (planned.position === 3) interrupt.abort();
      return outcomeOf(planned, 'ok');
    };
    await expect(runPlan(plan, { append }, make, interrupt.signal)).rejects.toThrow(InterruptedError);
    expect(kept).toHaveLength(3);
  });
});
