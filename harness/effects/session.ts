import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { Leftover } from '../core/plugin.ts';
import { sessionVariable, startProcess } from './processes.ts';

/*
 * A session is one run of the harness on this machine. Its file lists what would outlive a harness that is killed:
 * namespaces, changed sysctls, scratch files. Processes are found by the session's mark in their environment.
 * The next run undoes what a dead session left.
 */

const leftoverSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('namespace'), name: z.string() }),
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('sysctl'), path: z.string(), before: z.string() }),
]);

const sessionSchema = z.strictObject({
  id: z.string(),
  pid: z.number().int(),
  startTicks: z.string(),
  command: z.array(z.string()),
  leftovers: z.array(leftoverSchema),
});
type SessionFile = z.output<typeof sessionSchema>;

export interface Session {
  readonly id: string;
  readonly scratchDir: string;
  remember(leftover: Leftover): Promise<void>;
  forget(leftover: Leftover): Promise<void>;
  /** Ends processes that are still marked as ours, removes the scratch directory and the session's file. */
  close(): Promise<void>;
}

/** Where sessions are noted: the same place for every clone, since the machine is what they share. */
function sessionsDir(): string {
  const uid = process.getuid?.() ?? 0;
  return process.env['FORKBENCH_SESSIONS'] ?? join(tmpdir(), `forkbench-sessions-${uid}`);
}

/**
 * Opens a session after undoing what dead ones left; `report` hears about that.
 * Throws UserError while another session is alive: two runs at once would measure each other.
 */
export async function openSession(
  command: readonly string[],
  report: (line: string) => void,
): Promise<Session> {
  const directory = sessionsDir();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of (await readdir(directory)).filter((entry) => entry.endsWith('.json'))) {
    await undoIfDead(join(directory, name), report);
  }
  const id = randomBytes(4).toString('hex');
  const file = join(directory, `${id}.json`);
  const scratchDir = join(await scratchRoot(), `forkbench-${id}`);
  const state: SessionFile = {
    id,
    pid: process.pid,
    startTicks: startTicks(process.pid) ?? '',
    command: [...command],
    leftovers: [{ kind: 'file', path: scratchDir }],
  };
  // One write at a time: a file that is cut in the middle would hide what it lists.
  let writing = writeFile(file, JSON.stringify(state));
  const save = (): Promise<void> => (writing = writing.then(() => writeFile(file, JSON.stringify(state))));
  await writing;
  await mkdir(scratchDir, { recursive: true, mode: 0o700 });

  return {
    id,
    scratchDir,
    async remember(leftover) {
      state.leftovers.push(leftover);
      await save();
    },
    async forget(leftover) {
      const wanted = JSON.stringify(leftover);
      state.leftovers = state.leftovers.filter((known) => JSON.stringify(known) !== wanted);
      await save();
    },
    async close() {
      await endMarked(id);
      await writing;
      rmSync(scratchDir, { recursive: true, force: true });
      rmSync(file, { force: true });
    },
  };
}

async function scratchRoot(): Promise<string> {
  try {
    const probe = join('/dev/shm', `.forkbench-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

async function undoIfDead(file: string, report: (line: string) => void): Promise<void> {
  let state: SessionFile;
  try {
    state = sessionSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    await rm(file, { force: true });
    return;
  }
  const ticks = startTicks(state.pid);
  if (ticks !== null && ticks === state.startTicks) {
    throw new UserError(
      `another forkbench run (process ${state.pid}) is measuring on this machine; two at once would measure each other`,
      `wait for it, or end it with: kill ${state.pid}`,
    );
  }
  const ended = await endMarked(state.id);
  for (const leftover of state.leftovers.toReversed()) await undo(leftover);
  await rm(file, { force: true });
  const undone = state.leftovers.filter((leftover) => leftover.kind !== 'file').length;
  report(
    `cleaned up after a run that was killed (process ${state.pid}): ` +
      `${ended} process${ended === 1 ? '' : 'es'}, ${undone} namespace${undone === 1 ? '' : 's'} or setting${undone === 1 ? '' : 's'}`,
  );
}

async function undo(leftover: Leftover): Promise<void> {
  if (leftover.kind === 'file') {
    await rm(leftover.path, { recursive: true, force: true });
  } else if (leftover.kind === 'sysctl') {
    await writeFile(leftover.path, leftover.before).catch(() => undefined);
  } else {
    const removal = await startProcess(['ip', 'netns', 'delete', leftover.name], 'cleanup', {
      limitMs: 10_000,
    });
    await removal.finished;
  }
}

/** Kills every process that carries the session's mark, the harness itself excepted; returns how many there were. */
async function endMarked(id: string): Promise<number> {
  const ended = new Set<number>();
  // A process may fork while we look: look again until nobody is found.
  for (let round = 0; round < 50; round++) {
    const found = (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((name) => isMarked(name, id));
    if (found.length === 0) break;
    for (const name of found) {
      ended.add(Number(name));
      try {
        process.kill(Number(name), 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await sleep(20);
  }
  return ended.size;
}

function isMarked(pid: string, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${sessionVariable}=${id}`);
  } catch {
    return false; // Ended, or not ours to read.
  }
}

/** Start time of a process in clock ticks since boot (proc(5), field 22): with the pid it names a process for good. */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
