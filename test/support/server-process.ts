import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished } from 'vitest';
import { parseCounterPage, type CounterPage, type CounterSlot } from '../../harness/core/counter-page.ts';
import { isListening, processState } from './proc.ts';
import { waitUntil } from './wait-until.ts';

export type Build = 'release' | 'asan';

/** Those that keep worker processes, as many as --workers says. */
export const forkingServers = ['epoll-prefork', 'epoll-shared', 'epoll-reuseport'] as const;
/** Those that serve their connections side by side, in event loops. */
export const epollServers = [...forkingServers, 'threads', 'epoll-single'] as const;
/** Every server that answers whatever HTTP asks of one. */
export const allServers = ['blocking-serial', ...epollServers] as const;
/** Programs of servers/: the sink is one to measure load generators with, and no general server. */
export type Program = (typeof allServers)[number] | 'sink';

/** Flags for that many workers, where there are such. */
export const workerFlags = (program: Program, workers: number): string[] =>
  (forkingServers as readonly string[]).includes(program) || program === 'threads'
    ? ['--workers', String(workers)]
    : [];
export const programPath = (program: Program, build: Build): string =>
  path.resolve('build', build, 'bin', program);

/** The same tests for the given programs, each in both builds. */
export function describeServers(
  what: string,
  define: (server: { program: Program; build: Build }) => void,
  programs: readonly Program[] = allServers,
): void {
  for (const program of programs) {
    for (const build of ['release', 'asan'] as const) {
      describe(`${program} (${build}): ${what}`, () => define({ program, build }));
    }
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Takes what is to be done when a test ends, or with `afterAll` a file of tests. */
export type OnEnd = (end: () => Promise<void>) => void;

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(onEnd: OnEnd = onTestFinished): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'forkbench-test-'));
  onEnd(() => rm(directory, { recursive: true }));
  return directory;
}

export interface ServerExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  counters(): Promise<CounterPage>;
  /** The counters of all its processes added up. */
  totals(): Promise<Omit<CounterSlot, 'pid'>>;
  /** Waits until every accepted connection and every further request on one has ended, and returns the totals. */
  settled(): Promise<Omit<CounterSlot, 'pid'>>;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<ServerExit>;
  /**
   * SIGTERM, then checks an orderly end without a report of a sanitizer and without a worker that had died. The end
   * of the test does it anyway.
   */
  stop(): Promise<ServerExit>;
}

/** Starts a server and waits until it listens. `wrapper` is a command that runs it, such as strace. */
export async function startServer(
  { program, build }: { program: Program; build: Build },
  flags: readonly string[] = [],
  options: {
    wrapper?: readonly string[];
    countersFile?: string;
    expectCleanExit?: boolean;
    expectReplacedWorkers?: boolean;
    onEnd?: OnEnd;
  } = {},
): Promise<ServerProcess> {
  const {
    wrapper = [],
    expectCleanExit = true,
    expectReplacedWorkers = false,
    onEnd = onTestFinished,
  } = options;
  const port = await freePort();
  const directory = await temporaryDirectory(onEnd);
  const countersFile = options.countersFile ?? path.join(directory, 'counters');
  const command = [...wrapper, programPath(program, build), '--port', String(port)];
  const [file = '', ...rest] = [...command, '--counters', countersFile, ...flags];
  const subprocess = execa(file, rest, { reject: false, stdin: 'ignore' });
  let stderrText = '';
  subprocess.stderr.on('data', (chunk: Buffer) => (stderrText += chunk.toString()));

  const exited = subprocess.then(({ exitCode, signal, stdout, stderr }): ServerExit => ({
    exitCode,
    signal,
    stdout,
    stderr,
  }));
  let exit: ServerExit | undefined;
  void exited.then((result) => (exit = result));

  const counters = async (): Promise<CounterPage> => parseCounterPage(await readFile(countersFile));
  const totals = async (): Promise<Omit<CounterSlot, 'pid'>> => {
    const { slots } = await counters();
    const sum = { ...slots[0]! };
    for (const slot of slots.slice(1)) {
      for (const name of Object.keys(slot) as (keyof CounterSlot)[]) {
        Object.assign(sum, { [name]: sum[name] + slot[name] });
      }
    }
    const { pid: _, ...counts } = sum;
    return counts;
  };
  const settled = (): Promise<Omit<CounterSlot, 'pid'>> =>
    waitUntil('every connection has ended', async () => {
      const counts = await totals();
      return counts.accepted + counts.reuses === counts.answered + counts.errors && counts;
    });

  const stop = async (): Promise<ServerExit> => {
    const { slots, respawns } = await counters();
    if (!expectReplacedWorkers) expect(respawns).toBe(0);
    if (exit === undefined) process.kill(slots[0]!.pid, 'SIGTERM');
    await waitUntil(`${program} ends`, () => exit !== undefined);
    const result = await exited;
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expectNoSanitizerReport(result);
    expect(result.stderr).not.toContain('did not end in time');
    for (const { pid } of slots) expect(await processState(pid)).toBeNull();
    return result;
  };

  /** What a failed test leaves running would disturb those after it. */
  const killAll = async (): Promise<void> => {
    subprocess.kill('SIGKILL');
    const page = await counters().catch(() => null);
    for (const { pid } of page?.slots ?? []) {
      const executable = await readlink(`/proc/${pid}/exe`).catch(() => null);
      if (executable === programPath(program, build)) process.kill(pid, 'SIGKILL');
    }
    await exited;
  };

  onEnd(async () => {
    try {
      if (expectCleanExit) await stop();
    } finally {
      await killAll();
    }
    expectNoSanitizerReport(await exited);
  });
  await waitUntil(`${program} listens`, async () => {
    if (exit !== undefined) throw new Error(`${program} ended at once: ${exit.stderr}`);
    return isListening(port);
  });
  const slots = await waitUntil('it has all its processes', async () => {
    const page = await counters();
    return page.slots.every(({ pid }) => pid > 0) && page.slots;
  });
  return {
    port,
    pid: slots[0]!.pid,
    counters,
    totals,
    settled,
    stderr: () => stderrText,
    kill: (signal) => void process.kill(slots[0]!.pid, signal),
    exited,
    stop,
  };
}

export function expectNoSanitizerReport({ stderr }: { stderr: string }): void {
  expect(stderr).not.toMatch(/Sanitizer|runtime error/);
}
