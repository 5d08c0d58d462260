import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from '../core/errors.ts';
import { startTicks } from './pids.ts';

/** What the harness says to its guard when there is nothing left to undo. */
export const farewell = 'nothing is left';

export interface Guard {
  readonly process: { readonly pid: number; readonly startTicks: string } | null;
  /** Why there is none; null where there is one. */
  readonly problem: string | null;
  /** Lets it go; resolves when it has ended. */
  dismiss(): Promise<void>;
}

/**
 * Starts the process that undoes the session of `file` when this process is gone, however that came. It has a
 * session of its own, so that neither Ctrl-C nor a signal to our group ends it too, and waits for the end of a pipe
 * that only we hold. Resolves when it waits: its start would otherwise take CPU time of the first repeat.
 */
export async function startGuard(file: string): Promise<Guard> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL('./guard-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', tsx, script, file, String(process.pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit').then(
    ([code]) => `it ended with exit code ${String(code)}`,
    (error: unknown) => messageOf(error),
  );
  // Writing to one that was killed is no reason to fail.
  child.stdin.on('error', () => undefined);
  const problem = await Promise.race([once(child.stdout, 'data').then(() => null), ended]);
  // It must not keep us from exiting.
  child.unref();
  child.stdout.destroy();
  (child.stdin as Socket).unref();
  const { pid } = child;
  return {
    process: pid === undefined || problem !== null ? null : { pid, startTicks: startTicks(pid) ?? '' },
    problem,
    async dismiss() {
      if (problem !== null) return;
      child.stdin.end(farewell);
      child.ref();
      await ended;
    },
  };
}
