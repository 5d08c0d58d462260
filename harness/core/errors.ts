/**
 * What a user did wrong or must install: shown without a stack trace, exit code 2.
 * `remedy` is the command or change that mends it, in the imperative.
 */
export class UserError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.name = 'UserError';
    this.remedy = remedy;
  }
}

/** The stage of a repeat in which something went wrong; a record keeps it so that failures can be told apart. */
export const stages = ['hosts', 'server-start', 'ready', 'probes', 'load', 'collect'] as const;
export type Stage = (typeof stages)[number];

/** A repeat that failed. It becomes a record like any other: a failed cell is a result. */
export class RepeatError extends Error {
  readonly stage: Stage;

  constructor(stage: Stage, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RepeatError';
    this.stage = stage;
  }
}

/** A host that was reached by ssh cannot be any more; the message names it and says why. */
export class HostLostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HostLostError';
  }
}

/** The run was told to stop (Ctrl-C, SIGTERM): nothing of the repeat in progress is kept. */
export class InterruptedError extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'InterruptedError';
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, '; ').trim();
}
