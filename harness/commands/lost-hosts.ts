import { messageOf, UserError } from '../core/errors.ts';
import type { Testbed } from '../core/plugin.ts';

/** A machine that starts again takes so long. */
const regainLimitMs = 60_000;

/**
 * Before a repeat: reaches a host again that was lost in an earlier one. Throws UserError, with how to go on later,
 * where it cannot be reached or `policy` is to stop.
 */
export async function regainHosts(
  { lost, regain }: Testbed,
  policy: 'go-on' | 'stop' | undefined,
  run: string,
  say: (line: string) => void,
): Promise<void> {
  const reason = lost?.() ?? null;
  if (reason === null || regain === undefined) return;
  const remedy = `see to the machine, then: npx tsx harness/run.ts --resume ${run}`;
  if (policy === 'stop') throw new UserError(reason, remedy);
  say(`note: ${reason}; trying to reach it again for ${regainLimitMs / 1000} s`);
  try {
    await regain(regainLimitMs);
  } catch (error) {
    throw new UserError(messageOf(error), remedy);
  }
  say('note: it is reached again');
}
