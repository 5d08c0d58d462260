import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../harness/core/errors.ts';
import { buildPlan } from '../../../harness/core/plan.ts';
import type { PlannedRepeat } from '../../../harness/core/manifest.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import type { RepeatOutcome } from '../../../harness/engine/repeat.ts';
import { runPlan, type PlanRun } from '../../../harness/engine/run-plan.ts';
import smoke from '../../../scenarios/smoke.ts';

const timings = new Map([['uring', { minimumWindowMs: 100, overheadMs: () => 100 }]]);
const { repeats } = buildPlan(scenarioSchema.parse(smoke), 'full', 1, timings);

interface Made {
  readonly status?: 'ok' | 'failed';
  readonly overflows?: number;
}

const outcomeOf = (planned: PlannedRepeat, attempt: number, made: Made = {}): RepeatOutcome => ({
  raw: {},
  record: {
    ...planned,
    schema: 2,
    attempt,
    status: made.status ?? 'ok',
    startedAt: '2026-01-01T00:00:00.000Z',
    elapsedMs: 1,
    kernel: { tom: { tcp: {}, tcpExt: { ListenOverflows: made.overflows ?? 0 } } },
    unavailable: [],
  } as unknown as RepeatRecord,
});

/** Goes through a plan with a journal in memory. */
function goThrough(options: Partial<PlanRun> & { make?: (planned: PlannedRepeat) => Made } = {}) {
  const kept: string[] = [];
  const begun: { name: string; reason: string | null }[] = [];
  const done = runPlan({
    repeats,
    attempts: [],
    records: [],
    journal: {
      extend: async (more) => void kept.push(`${more.length} more`),
      begin: async ({ repeatId, attempt, reason }) =>
        void begun.push({ name: `${repeatId} ${attempt}`, reason }),
      append: async (outcome) => (kept.push(outcome.record.repeatId), outcome.record),
    },
    makeRepeat: async (planned, attempt) => outcomeOf(planned, attempt, options.make?.(planned)),
    signal: new AbortController().signal,
    ...options,
  });
  return { done, kept, begun };
}

const ids = (some: readonly { readonly repeatId: string }[]): string[] =>
  some.map(({ repeatId }) => repeatId);

describe('runPlan', () => {
  it('makes every repeat in the order of the plan, and journals each before the next begins', async () => {
    const { done, kept, begun } = goThrough({
      make: (planned) => {
        expect(kept).toHaveLength(planned.position - 1);
        expect(begun.at(-1)?.name).toBe(`${planned.repeatId} 1`);
        return {};
      },
    });
    expect(ids(await done)).toEqual(ids(repeats));
    expect(kept).toEqual(ids(repeats));
    expect(begun.every(({ reason }) => reason === null)).toBe(true);
  });

  it('goes on after a failed repeat: a failure is a result', async () => {
    const { done, kept } = goThrough({
      make: ({ position }) => ({ status: position === 2 ? 'failed' : 'ok' }),
    });
    expect((await done).filter((record) => record.status === 'failed')).toHaveLength(1);
    expect(kept).toHaveLength(repeats.length);
  });

  it('starts nothing more once it was interrupted', async () => {
    const interrupt = new AbortController();
    const { done, kept } = goThrough({
      signal: interrupt.signal,
      make: ({ position }) => {
        if (position === 3) interrupt.abort();
        return {};
      },
    });
    await expect(done).rejects.toThrow(InterruptedError);
    expect(kept).toHaveLength(3);
  });

  it('goes on with what has no record, and counts attempts that left none', async () => {
    const records = repeats.slice(0, 4).map((planned) => outcomeOf(planned, 1).record);
    const attempts = repeats.slice(0, 5).map(({ repeatId }) => ({ repeatId, attempt: 1 }));
    const { done, kept, begun } = goThrough({ records, attempts });
    expect(ids(await done)).toEqual(ids(repeats));
    expect(kept).toEqual(ids(repeats.slice(4)));
    expect(begun[0]).toEqual({
      name: `${repeats[4]!.repeatId} 2`,
      reason: 'the attempt before it left no record that counts',
    });
    expect(begun[1]).toEqual({ name: `${repeats[5]!.repeatId} 1`, reason: null });
  });

  describe('where a listen queue overflows in a short window', () => {
    const longer = repeats.map((planned) =>
      planned.pass === 'timed' ? { ...planned, overflowWindowMs: 4 * planned.windowMs } : planned,
    );
    const first = longer.find(({ pass }) => pass === 'timed')!;
    const again = { ...first, repeatId: 'b2-again', block: 2 };

    it('makes the repeat again with the long one, and later ones of its cell with it at once', async () => {
      const { done, begun } = goThrough({
        repeats: [first, again],
        make: () => ({ overflows: 3 }),
      });
      const records = await done;
      expect(begun.map(({ name }) => name)).toEqual([
        `${first.repeatId} 1`,
        `${first.repeatId} 2`,
        'b2-again 1',
      ]);
      const long = 4 * first.windowMs;
      expect(records.map(({ windowMs }) => windowMs)).toEqual([first.windowMs, long, long]);
    });

    it('leaves the window as it is where nothing overflows', async () => {
      const records = await goThrough({ repeats: [first, again] }).done;
      expect(records.map(({ windowMs }) => windowMs)).toEqual([first.windowMs, first.windowMs]);
    });

    it('makes it again, too, when the run ended in between', async () => {
      const short = outcomeOf(first, 1, { overflows: 3 }).record;
      const { done } = goThrough({
        repeats: [first],
        records: [short],
        attempts: [{ repeatId: first.repeatId, attempt: 1 }],
        make: () => ({ overflows: 3 }),
      });
      expect((await done).map(({ attempt, windowMs }) => [attempt, windowMs])).toEqual([
        [1, first.windowMs],
        [2, 4 * first.windowMs],
      ]);
    });
  });

  it('asks for further blocks when the timed repeats are done, and traces last', async () => {
    const blocks = [['b9-one', 'b9-two'], ['b10-one']];
    const timed = repeats.find(({ pass }) => pass === 'timed')!;
    const { done, kept } = goThrough({
      more: () => (blocks.shift() ?? []).map((repeatId) => ({ ...timed, repeatId })),
    });
    await done;
    const traced = repeats.filter(({ pass }) => pass === 'traced');
    const before = repeats.filter(({ pass }) => pass !== 'traced');
    expect(traced.length).toBeGreaterThan(0);
    expect(kept).toEqual([
      ...ids(before),
      ...['2 more', 'b9-one', 'b9-two', '1 more', 'b10-one'],
      ...ids(traced),
    ]);
  });
});
