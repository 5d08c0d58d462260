import { execa } from 'execa';
import type { Finished, RunningProcess, StartOptions } from '../core/plugin.ts';

/** The environment variable that marks every process of a run, so that a later run can find what was left behind. */
export const sessionVariable = 'FORKBENCH_SESSION';

/** Output beyond this many characters is cut: no tool that we start has a reason to write more. */
const maxOutput = 16 * 1024 * 1024;

/** Every group that is still running; ended when the harness exits in a way that nobody foresaw. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

/**
 * Starts `argv` in a process group of its own, without a shell, marked as belonging to `sessionId`.
 * The group gets SIGKILL when `limitMs` is over. Failing to start is a result (`startError`), not an exception.
 */
export async function startProcess(
  argv: readonly string[],
  sessionId: string,
  options: StartOptions & { input?: string },
): Promise<RunningProcess> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('startProcess: empty command');
  const child = spawn(file, args, sessionId, options.input);
  const pid = child.pid;
  const collected = { stdout: '', stderr: '' };
  followLines(child, 'stdout', collected, options.onStdoutLine);
  followLines(child, 'stderr', collected, options.onStderrLine);

  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  }, options.limitMs);
  if (pid !== undefined) groups.add(pid);

  // When the leader is gone, whatever it forked into its group goes too: it would hold our pipes open.
  child.once('exit', () => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  });

  const finished = finish(child, argv, collected, () => timedOut).finally(() => {
    clearTimeout(limit);
    if (pid !== undefined) groups.delete(pid);
  });
  if (pid === undefined) await finished;

  return {
    pid: pid ?? 0,
    command: argv.join(' '),
    finished,
    output: () => ({ ...collected }),
    async stop({ graceMs = 2000, signal = 'SIGTERM' } = {}) {
      if (pid === undefined) return finished;
      try {
        process.kill(pid, signal);
      } catch {
        return finished; // It had ended already.
      }
      const grace = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      try {
        return await finished;
      } finally {
        clearTimeout(grace);
      }
    },
  };
}

function spawn(file: string, args: readonly string[], sessionId: string, input = '') {
  return execa(file, args, {
    detached: true,
    reject: false,
    cleanup: false,
    buffer: false,
    input,
    env: { [sessionVariable]: sessionId, LC_ALL: 'C' },
  });
}
type Child = ReturnType<typeof spawn>;
type Output = { stdout: string; stderr: string };

function followLines(
  child: Child,
  stream: keyof Output,
  collected: Output,
  onLine: ((line: string) => void) | undefined,
): void {
  let pending = '';
  child[stream].setEncoding('utf8').on('data', (text: string) => {
    if (collected[stream].length < maxOutput) collected[stream] += text;
    if (!onLine) return;
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

async function finish(
  child: Child,
  argv: readonly string[],
  collected: Output,
  timedOut: () => boolean,
): Promise<Finished> {
  const result = await child;
  const notStarted = result.exitCode === undefined && result.signal === undefined;
  return {
    command: argv.join(' '),
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    timedOut: timedOut(),
    ...collected,
    ...(notStarted ? { startError: result.originalMessage ?? 'could not be started' } : {}),
  };
}

/** Signals a whole process group by its id; a group that is gone is no error. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody left.
  }
}
