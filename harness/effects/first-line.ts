import type { RunningProcess, StartOptions } from '../core/plugin.ts';

/** Starts processes, here or on a host. */
export type Start = (argv: readonly string[], options: StartOptions) => Promise<RunningProcess>;

/** The same, with the rights of root where a host has them to give. */
export const asRoot =
  (start: Start): Start =>
  (argv, options) =>
    start(argv, { ...options, asRoot: true });

/** Which line says that a process is ready; by default the first of its standard output. */
interface Ready {
  readonly stream?: 'stdout' | 'stderr';
  readonly isReady?: (line: string) => boolean;
}

/**
 * Starts a process that prints a line when it is ready, and lives on; resolves with it and that line. Rejects with what
 * it said where it ends before.
 */
export async function startUntilItSpeaks(
  start: Start,
  argv: readonly string[],
  limitMs: number,
  { stream = 'stdout', isReady = () => true }: Ready = {},
): Promise<{ running: RunningProcess; line: string }> {
  let announce = (_line: string): void => undefined;
  const ready = new Promise<string>((resolve) => (announce = resolve));
  const hear = (line: string): void => {
    if (isReady(line)) announce(line);
  };
  const heard = stream === 'stdout' ? { onStdoutLine: hear } : { onStderrLine: hear };
  const running = await start(argv, { limitMs, ...heard });
  const gone = running.finished.then((ended): never => {
    throw new Error(ended.startError ?? (ended.stderr.trim() || `exit code ${String(ended.exitCode)}`));
  });
  return { running, line: await Promise.race([ready, gone]) };
}
