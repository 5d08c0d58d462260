import { isToMakeAgain, isTooShort, overflowed } from '../core/attempts.ts';
import { InterruptedError } from '../core/errors.ts';
import type { Attempt, PlannedRepeat } from '../core/manifest.ts';
import { cellId, type RepeatRecord } from '../core/record.ts';
import type { RepeatOutcome, RepeatStep } from './repeat.ts';

/** What a run leaves on the disk. Each promise resolves when that is so. */
export interface Journal {
  /** Repeats that were not planned from the start. */
  extend(repeats: readonly PlannedRepeat[]): Promise<void>;
  /** Before an attempt begins, so that one that leaves no record is known too. */
  begin(attempt: Pick<Attempt, 'repeatId' | 'attempt' | 'reason'>): Promise<void>;
  append(outcome: RepeatOutcome): Promise<RepeatRecord>;
}

export interface PlanEvents {
  planned?(repeats: readonly PlannedRepeat[]): void;
  started?(planned: PlannedRepeat): void;
  entered?(planned: PlannedRepeat, step: RepeatStep): void;
  finished?(record: RepeatRecord): void;
}

/** How far a plan was gone through, and who goes on with it. */
export interface PlanRun {
  readonly repeats: readonly PlannedRepeat[];
  /** Of attempts at these repeats that were made before; their records too, where they left any. */
  readonly attempts: readonly Pick<Attempt, 'repeatId' | 'attempt'>[];
  readonly records: readonly RepeatRecord[];
  readonly journal: Journal;
  /** `records` are those so far, earlier ones too. */
  makeRepeat(
    planned: PlannedRepeat,
    attempt: number,
    onStep: (step: RepeatStep) => void,
    records: readonly RepeatRecord[],
  ): Promise<RepeatOutcome>;
  /** Timed repeats that the records so far call for; none: enough is known. Asked when all timed ones are done. */
  more?(records: readonly RepeatRecord[]): readonly PlannedRepeat[];
  readonly signal: AbortSignal;
  readonly events?: PlanEvents;
}

/**
 * Makes the repeats of a plan that have no record, one after another, and journals each before the next begins. A
 * failed repeat does not stop the run. A repeat whose listen queue overflows in a window that is too short to see its
 * clients come again is made again with a longer one, and so are all later ones of its cell. Resolves with all records,
 * earlier ones too; throws InterruptedError when `signal` was aborted: whatever is journalled stays.
 */
export async function runPlan(run: PlanRun): Promise<RepeatRecord[]> {
  const { journal, signal, events = {} } = run;
  const records = [...run.records];
  const attempts = new Map<string, number>();
  for (const { repeatId, attempt } of run.attempts) attempts.set(repeatId, attempt);
  const overflowing = new Set(records.filter(overflowed).map(({ cell }) => cellId(cell)));
  const latest = new Map(records.map((record) => [record.repeatId, record]));
  const pending = run.repeats.filter((planned) => {
    const record = latest.get(planned.repeatId);
    // The run may have ended between an attempt with too short a window and the next one.
    return record === undefined || isToMakeAgain(record, planned);
  });

  const attempt = async (planned: PlannedRepeat, reason: string | null): Promise<RepeatRecord> => {
    if (signal.aborted) throw new InterruptedError();
    const { repeatId, cell } = planned;
    const number = (attempts.get(repeatId) ?? 0) + 1;
    attempts.set(repeatId, number);
    await journal.begin({ repeatId, attempt: number, reason });
    events.started?.(planned);
    const fitting = overflowing.has(cellId(cell)) ? withLongWindow(planned) : planned;
    const onStep = (step: RepeatStep): void => events.entered?.(planned, step);
    const outcome = await run.makeRepeat(fitting, number, onStep, records);
    const record = await journal.append(outcome);
    records.push(record);
    if (overflowed(record)) overflowing.add(cellId(cell));
    return record;
  };

  // The time of traced repeats is theirs, also when they turn out to take less.
  let enough = records.some(({ pass }) => pass === 'traced');
  for (;;) {
    const [planned] = pending;
    if (!enough && (planned === undefined || planned.pass === 'traced')) {
      const more = run.more?.(records) ?? [];
      enough = more.length === 0;
      if (!enough) {
        await journal.extend(more);
        events.planned?.(more);
        pending.unshift(...more);
      }
      continue;
    }
    if (planned === undefined) return records;
    pending.shift();
    const earlier = attempts.has(planned.repeatId);
    let record = await attempt(planned, earlier ? 'the attempt before it left no record that counts' : null);
    if (isTooShort(record, planned)) {
      record = await attempt(planned, 'its listen queue overflowed, which takes a longer window');
    }
    events.finished?.(record);
  }
}

function withLongWindow(planned: PlannedRepeat): PlannedRepeat {
  return { ...planned, windowMs: Math.max(planned.windowMs, planned.overflowWindowMs ?? 0) };
}
