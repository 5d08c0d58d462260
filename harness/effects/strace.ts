import { setTimeout as sleep } from 'node:timers/promises';
import type { HostSide, Probe, RunningProcess } from '../core/plugin.ts';
import { MissingTextError, type RawTexts } from '../core/raw-texts.ts';
import type { SyscallProfile } from '../core/record.ts';
import { parseStraceSummary, sumOfRows } from '../core/strace-output.ts';
import { serverTree, type Role, type ServerProcess } from './server-tree.ts';

export interface StraceMode {
  readonly summary: string;
  /** The command that a reader would type; its words without -f are what every strace here is started with. */
  readonly tool: string;
  readonly clock: SyscallProfile['clock'];
}

const attachLimitMs = 10_000;
const detachLimitMs = 5000;

/** Each process has a strace of its own, and they take turns on the server's cores. */
const mostProcesses = 16;

/**
 * Attaches strace to each process of the server once it is ready, so that only the load's calls are counted, and
 * detaches when the load has ended. Throughput under a tracer says nothing, so this belongs into traced passes only.
 */
export function straceProbe(mode: StraceMode): Probe {
  return {
    summary: mode.summary,
    needsRoot: true,

    async check(machine) {
      if ((await machine.which('strace')) === null) {
        return { reason: 'strace is not installed', remedy: 'apt-get install strace' };
      }
      const attempt = await machine.run(['strace', '-c', 'true']);
      if (attempt.exitCode === 0) return null;
      const said = attempt.stderr.trim().split('\n');
      return {
        reason: `strace may not trace here (${said.find((line) => line.includes('permitted')) ?? said.at(-1)})`,
        remedy: 'allow ptrace (in a container: --cap-add SYS_PTRACE)',
      };
    },

    async start({ testbed: { tom }, server }) {
      const tree = await serverTree(tom, server.pid);
      if (tree.length > mostProcesses) {
        throw new Error(
          `the server has ${tree.length} processes; no more than ${mostProcesses} are traced one by one`,
        );
      }
      const tracers: Tracer[] = [];
      const close = async (): Promise<void> => {
        await Promise.all(tracers.map(({ running }) => running.stop({ signal: 'SIGKILL' })));
      };
      try {
        for (const traced of tree) tracers.push({ ...traced, running: await attach(tom, mode, traced) });
        await Promise.all(tracers.map((tracer) => untilAttached(tom, tracer)));
      } catch (error) {
        await close();
        throw error;
      }
      return {
        async finish() {
          const texts = await Promise.all(
            tracers.map(async ({ role, running }) => {
              const ended = await running.stop({ signal: 'SIGINT', graceMs: detachLimitMs });
              return { role, text: ended.stderr };
            }),
          );
          return rawTexts(mode, texts);
        },
        close,
      };
    },

    parse: (raw) => ({ syscalls: profiles(mode, tracedTexts(mode, raw)) }),
  };
}

interface Tracer extends ServerProcess {
  readonly running: RunningProcess;
}

interface TracedText {
  readonly role: Role;
  readonly text: string;
}

/** strace is where the server is, and knows its processes by the ids that they have there. */
function attach(tom: HostSide, { tool }: StraceMode, traced: ServerProcess): Promise<RunningProcess> {
  const words = tool.split(' ');
  // With -f a parent's table would hold the calls of workers that it starts later; its threads are told one by one.
  const argv =
    traced.role === 'parent'
      ? [...words.filter((word) => word !== '-f'), ...traced.innerTasks.flatMap(attachTo)]
      : [...words, ...attachTo(traced.innerPid)];
  return tom.start(argv, { limitMs: 10 * 60_000, asRoot: true });
}

function attachTo(task: number): string[] {
  return ['-p', String(task)];
}

async function untilAttached(tom: HostSide, { pid, running }: Tracer): Promise<void> {
  const deadline = performance.now() + attachLimitMs;
  while (!(await isTraced(tom, pid))) {
    const ended = await Promise.race([running.finished, sleep(10, null)]);
    if (ended !== null || performance.now() > deadline) {
      throw new Error(`strace could not attach: ${running.output().stderr.trim() || 'no reason given'}`);
    }
  }
}

async function isTraced(tom: HostSide, pid: number): Promise<boolean> {
  const [process] = await tom.processes(pid);
  if (process === undefined) throw new Error('the server has ended');
  return process.isTraced;
}

/** `tom/strace-c-f`, of which `tom/strace-c-f.parent.txt` and `tom/strace-c-f.worker-1.txt` are the texts. */
const rawName = ({ tool }: StraceMode): string => `tom/${tool.replaceAll(' -', '-')}`;

function rawTexts(mode: StraceMode, texts: readonly TracedText[]): RawTexts {
  const numbered = texts.map(({ role, text }, index) => {
    const suffix = role === 'worker' ? `worker-${index}` : role;
    return [`${rawName(mode)}.${suffix}.txt`, text] as const;
  });
  return Object.fromEntries(numbered);
}

/** The inverse of `rawTexts`, whatever order its names have. Throws an Error where there is no text at all. */
function tracedTexts(mode: StraceMode, raw: RawTexts): TracedText[] {
  const name = rawName(mode);
  const found = Object.entries(raw).flatMap(([key, text]) => {
    if (!key.startsWith(`${name}.`)) return [];
    const [, role, number] = /^(only|parent|worker)(?:-(\d+))?\.txt$/.exec(key.slice(name.length + 1)) ?? [];
    if (role === undefined) throw new Error(`${key} is the text of no process`);
    return [{ role: role as Role, text, index: Number(number ?? 0) }];
  });
  if (found.length === 0) throw new MissingTextError(`${name}.*.txt`);
  return found.sort((a, b) => a.index - b.index);
}

/** One profile a role. Each parent comes before its workers, so a worker's place in the list is its number. */
function profiles({ tool, clock }: StraceMode, texts: readonly TracedText[]): SyscallProfile[] {
  const roles = [...new Set(texts.map(({ role }) => role))];
  return roles.map((role) => {
    const ofRole = texts.filter((one) => one.role === role);
    return { tool, clock, role, rows: sumOfRows(ofRole.map(({ text }) => parseStraceSummary(text))) };
  });
}
