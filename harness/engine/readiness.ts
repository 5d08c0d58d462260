import { RepeatError } from '../core/errors.ts';
import type { Machine, RunningProcess, Testbed } from '../core/plugin.ts';

const readyLimitMs = 5000;

/**
 * Resolves when the server has answered a request from Jerry. Rejects at once, with what the server said, when it
 * ends instead, and with the last refusal when it does not answer in time.
 */
export async function waitUntilReady(
  machine: Machine,
  testbed: Testbed,
  server: RunningProcess,
  port: number,
): Promise<void> {
  const asking = await testbed.jerry.start(
    [
      machine.program('shortconn'),
      ...['--wait-ready-ms', String(readyLimitMs)],
      ...['--host', testbed.tom.address],
      ...['--port', String(port)],
    ],
    { limitMs: readyLimitMs + 2000 },
  );
  const first = await Promise.race([
    asking.finished.then((answer) => ({ who: 'client' as const, ended: answer })),
    server.finished.then((ended) => ({ who: 'server' as const, ended })),
  ]);
  if (first.who === 'server') {
    await asking.stop();
    throw new RepeatError('server-start', `the server ended at its start: ${howItEnded(first.ended)}`);
  }
  if (first.ended.exitCode !== 0) {
    const said = server.output().stderr.trim();
    throw new RepeatError(
      'ready',
      `the server did not answer within ${readyLimitMs} ms: ${first.ended.stderr.trim()}${said === '' ? '' : `; it said: ${said}`}`,
    );
  }
}

/** How a process ended, in a few words for a failure's message. */
export function howItEnded(ended: Awaited<RunningProcess['finished']>): string {
  if (ended.startError !== undefined) return ended.startError;
  const said = ended.stderr.trim().split('\n').slice(-3).join('; ');
  const how = ended.timedOut
    ? 'it ran into its time limit'
    : ended.signal !== null
      ? `it was ended by ${ended.signal}`
      : `exit code ${String(ended.exitCode)}`;
  return said === '' ? how : `${how}: ${said}`;
}
