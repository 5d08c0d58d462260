import { CommanderError } from '@commander-js/extra-typings';
import { InterruptedError, messageOf, UserError } from '../core/errors.ts';

/** What all command lines mean by these codes; 1 is each command's own. */
export const commonExitCodes = { ok: 0, badInput: 2, interrupted: 130 } as const;

/** Aborted by Ctrl-C and its like, and when nobody reads the output any more, as after `| head`. */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  const abort = (): void => interrupt.abort(new InterruptedError());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, abort);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', abort);
  return interrupt.signal;
}

/** A command that only prints is done when nobody reads any more, as after `| head`. */
function endQuietlyUnread(): void {
  process.stdout.on('error', () => process.exit(commonExitCodes.ok));
}

/**
 * Says what went wrong and how to mend it; the exit code that goes with it, or null for a defect of ours, about which
 * nothing is said.
 */
export function exitCodeOf(error: unknown): number | null {
  // commander has printed its message already; asking for help is no error.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? commonExitCodes.ok : commonExitCodes.badInput;
  }
  if (error instanceof InterruptedError) {
    console.error(messageOf(error));
    return commonExitCodes.interrupted;
  }
  if (!(error instanceof UserError)) return null;
  console.error(`error: ${error.message}`);
  if (error.remedy !== undefined) console.error(`remedy: ${error.remedy}`);
  return commonExitCodes.badInput;
}

/** A command that only prints: what went wrong is said, with the exit code that goes with it; a defect of ours is thrown. */
export async function printing(command: () => Promise<number>): Promise<number> {
  endQuietlyUnread();
  try {
    return await command();
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === null) throw error;
    return exitCode;
  }
}
