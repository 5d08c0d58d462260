import { InterruptedError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { PlannedRepeat } from '../core/manifest.ts';
import type { RepeatRecord } from '../core/record.ts';
import type { RepeatOutcome, RepeatStep } from './repeat.ts';

/** Where outcomes go. `append` resolves when the record is on disk. */
export interface Journal {
  append(outcome: RepeatOutcome): Promise<RepeatRecord>;
}

export interface PlanEvents {
  started?(planned: PlannedRepeat): void;
  entered?(planned: PlannedRepeat, step: RepeatStep): void;
  finished?(record: RepeatRecord): void;
}

/**
 * Makes the plan's repeats one after another and journals each before the next begins. A failed repeat does not stop
 * the run. Resolves with all records; throws InterruptedError when `signal` was aborted, whatever is journalled stays.
 */
export async function runPlan(
  plan: Plan,
  journal: Journal,
  makeRepeat: (planned: PlannedRepeat, onStep: (step: RepeatStep) => void) => Promise<RepeatOutcome>,
  signal: AbortSignal,
  events: PlanEvents = {},
): Promise<RepeatRecord[]> {
  const records: RepeatRecord[] = [];
  for (const planned of plan.repeats) {
    if (signal.aborted) throw new InterruptedError();
    events.started?.(planned);
    const record = await journal.append(await makeRepeat(planned, (step) => events.entered?.(planned, step)));
    records.push(record);
    events.finished?.(record);
  }
  return records;
}
