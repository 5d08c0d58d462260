import { expect } from 'vitest';
import type { Machine } from '../../harness/core/plugin.ts';
import { createMachine } from '../../harness/effects/machine.ts';
import { openSession } from '../../harness/effects/session.ts';
import { makeWorkplace, processesOf, type Workplace } from './harness.ts';

/** A session as a run has one, in one of the containments, for tests of what works within. */
export interface ContainedSession {
  readonly machine: Machine;
  readonly workplace: Workplace;
  /** Expects that nothing is left of it. */
  close(): Promise<void>;
}

export async function openContained(containment: string): Promise<ContainedSession> {
  const before = { ...process.env };
  const workplace = makeWorkplace();
  process.env['FORKBENCH_SESSIONS'] = workplace.sessions;
  process.env['FORKBENCH_CONTAINMENT'] = containment;
  const session = await openSession(['test'], () => undefined);
  return {
    machine: createMachine(session),
    workplace,
    async close() {
      await session.close();
      process.env = before;
      expect(processesOf(workplace)).toEqual([]);
      workplace.remove();
    },
  };
}
