import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Channel, Finished, RunningProcess, StartOptions } from '../core/plugin.ts';
import { sessionVariable } from './marks.ts';
import { outputTaker, type Output } from './output.ts';
import { childrenOf } from './pids.ts';
import { searchPath, which } from './which.ts';

/**
 * What stands before a command so that it cannot outlive the session. `forks`: the command becomes a child of the
 * process that is started, and that one passes on how it ended.
 */
export interface Entrance {
  readonly argv: readonly string[];
  readonly forks: boolean;
}

export const noEntrance: Entrance = { argv: [], forks: false };

/** Every group that is still running; ended when the harness exits in a way that nobody foresaw. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

/**
 * Starts `argv` in a process group of its own, never through shell text, marked as belonging to `sessionId`.
 * The group gets SIGKILL when `limitMs` is over. Failing to start is a result (`startError`), not an exception.
 */
export async function startProcess(
  argv: readonly string[],
  { sessionId, entrance }: { sessionId: string; entrance: Entrance },
  options: StartOptions & { input?: string },
): Promise<RunningProcess> {
  if (argv[0] === undefined) throw new Error('startProcess: empty command');
  // A program that is missing should be told by Node, not by whatever stands before it.
  const { argv: before, forks } = (await which(argv[0])) === null ? noEntrance : entrance;
  const [file, ...args] = [...before, ...argv];
  const child = spawn(file!, args, sessionId, options.input);
  const leader = child.pid;
  const collected = { stdout: '', stderr: '' };
  followLines(child, 'stdout', collected, options.onStdoutLine);
  followLines(child, 'stderr', collected, options.onStderrLine);

  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    if (leader !== undefined) signalGroup(leader, 'SIGKILL');
  }, options.limitMs);
  if (leader !== undefined) groups.add(leader);

  // When the leader is gone, whatever it forked into its group goes too: it would hold our pipes open.
  child.once('exit', () => {
    if (leader !== undefined) signalGroup(leader, 'SIGKILL');
  });

  const finished = finish(child, argv, collected, () => timedOut).finally(() => {
    clearTimeout(limit);
    if (leader !== undefined) groups.delete(leader);
  });
  if (leader === undefined) await finished;
  const pid = leader === undefined || !forks ? leader : await onlyChild(leader, finished);

  return {
    pid: pid ?? 0,
    command: argv.join(' '),
    finished,
    output: () => ({ ...collected }),
    async stop({ graceMs = 2000, signal = 'SIGTERM' } = {}) {
      if (pid === undefined || leader === undefined) return finished;
      try {
        process.kill(pid, signal);
      } catch {
        return finished; // It had ended already.
      }
      const grace = setTimeout(() => signalGroup(leader, 'SIGKILL'), graceMs);
      try {
        return await finished;
      } finally {
        clearTimeout(grace);
      }
    },
  };
}

/**
 * Starts `argv` as `startProcess` does, to talk with: what it prints is handed on as it comes, and it has no time
 * limit. One that cannot be started has finished with `startError`.
 */
export async function startChannel(
  argv: readonly string[],
  { sessionId, entrance }: { sessionId: string; entrance: Entrance },
): Promise<Channel> {
  const [file, ...args] = [...((await which(argv[0]!)) === null ? [] : entrance.argv), ...argv];
  const child = execa(file!, args, {
    ...spawnOptions(sessionId),
    encoding: 'buffer',
    stdin: 'pipe',
  });
  const leader = child.pid;
  const collected = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', outputTaker(collected, 'stderr', undefined));
  // Whoever has ended does not read; that it has ended is told elsewhere.
  child.stdin.on('error', () => undefined);
  if (leader !== undefined) groups.add(leader);
  const end = (): void => {
    if (leader !== undefined) signalGroup(leader, 'SIGKILL');
  };
  child.once('exit', end);
  const finished = finish(child, argv, collected, () => false).finally(() => {
    if (leader !== undefined) groups.delete(leader);
  });
  return {
    write: (bytes) => void child.stdin.write(bytes),
    onData: (listener) => void child.stdout.on('data', listener),
    finished,
    async end() {
      child.stdin.end();
      end();
      return finished;
    },
  };
}

/** The process that `leader` forks; `leader` itself where it has ended before that was seen. */
async function onlyChild(leader: number, finished: Promise<unknown>): Promise<number> {
  for (;;) {
    try {
      const [child] = childrenOf(leader);
      if (child !== undefined) return child;
    } catch {
      return leader;
    }
    const ended = await Promise.race([finished.then(() => true), sleep(1, false)]);
    if (ended) return leader;
  }
}

function spawn(file: string, args: readonly string[], sessionId: string, input = '') {
  return execa(file, args, { ...spawnOptions(sessionId), input });
}

const spawnOptions = (sessionId: string) =>
  ({
    detached: true,
    reject: false,
    cleanup: false,
    buffer: false,
    env: { [sessionVariable]: sessionId, LC_ALL: 'C', PATH: searchPath },
  }) as const;
type Child = ReturnType<typeof spawn>;
type Ended = Pick<Awaited<Child>, 'exitCode' | 'signal' | 'originalMessage'>;

function followLines(
  child: Child,
  stream: keyof Output,
  collected: Output,
  onLine: ((line: string) => void) | undefined,
): void {
  child[stream].setEncoding('utf8').on('data', outputTaker(collected, stream, onLine));
}

async function finish(
  child: PromiseLike<Ended>,
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
