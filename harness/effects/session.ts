import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { Leftover } from '../core/plugin.ts';
import { contain, type Containment } from './containment.ts';
import { startGuard } from './guard.ts';
import { lockName, takeLock } from './lock.ts';
import { removeFile, writeWhole } from './output-files.ts';
import { startTicks } from './pids.ts';
import { readSession, undoSession, type SessionFile } from './undo.ts';

/*
 * A session is one run of the harness on this machine. Its file lists what would outlive a harness that is killed:
 * changed sysctls, scratch files, the control group of its processes. Its guard undoes all that as soon as the
 * harness is gone; where the guard was killed too, the next run does.
 */

export interface Session {
  readonly id: string;
  readonly scratchDir: string;
  readonly containment: Containment;
  remember(leftover: Leftover): Promise<void>;
  forget(leftover: Leftover): Promise<void>;
  /** Ends whatever was started and still runs, undoes whatever was not undone yet, and dismisses the guard. */
  close(): Promise<void>;
}

/** Where sessions are noted: the same place for every clone, since the machine is what they share. */
function sessionsDir(): string {
  const uid = process.getuid?.() ?? 0;
  return resolve(process.env['FORKBENCH_SESSIONS'] ?? join(tmpdir(), `forkbench-sessions-${uid}`));
}

/**
 * Opens a session after undoing what dead ones left; `report` hears about that.
 * Throws UserError while another session is alive, anybody's: two runs at once would measure each other.
 */
export async function openSession(
  command: readonly string[],
  report: (line: string) => void,
): Promise<Session> {
  const own = process.env['FORKBENCH_SESSIONS'];
  const lock = await takeLock(lockName(own === undefined ? undefined : resolve(own)));
  try {
    const session = await openLocked(command, report);
    const close = async (): Promise<void> => {
      try {
        await session.close();
      } finally {
        await lock.release();
      }
    };
    return { ...session, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Once no other run can begin. */
async function openLocked(command: readonly string[], report: (line: string) => void): Promise<Session> {
  const directory = sessionsDir();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await refuseForeign(directory);
  for (const name of (await readdir(directory)).filter((entry) => entry.endsWith('.json'))) {
    await undoIfDead(join(directory, name), report);
  }
  const id = randomBytes(4).toString('hex');
  const file = join(directory, `${id}.json`);
  const scratchDirs = ['/dev/shm', tmpdir()].map((root) => join(root, `forkbench-${id}`));
  // Before anything that it would have to undo.
  const guard = await startGuard(file);
  if (guard.problem !== null) report(`note: without a guard: ${guard.problem}`);
  const state: SessionFile = {
    id,
    harness: { pid: process.pid, startTicks: startTicks(process.pid) ?? '' },
    guard: guard.process,
    command: [...command],
    leftovers: scratchDirs.map((path) => ({ kind: 'file', path })),
  };
  // One write at a time, and each whole: a file that was cut would hide what it lists.
  let writing = Promise.resolve();
  const save = (): Promise<void> => (writing = writing.then(() => writeWhole(file, JSON.stringify(state))));
  const remember = async (leftover: Leftover): Promise<void> => {
    state.leftovers.push(leftover);
    await save();
  };
  const forget = async (leftover: Leftover): Promise<void> => {
    const wanted = JSON.stringify(leftover);
    state.leftovers = state.leftovers.filter((known) => JSON.stringify(known) !== wanted);
    await save();
  };
  const close = async (): Promise<void> => {
    await writing;
    await undoSession(file, state);
    await guard.dismiss();
  };
  await save();
  try {
    const scratchDir = await makeFirst(scratchDirs);
    const containment = await contain(id, { remember, forget }, report);
    return { id, scratchDir, containment, remember, forget, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the files here list is undone with our rights: nobody else may have written them. Throws UserError. */
async function refuseForeign(directory: string): Promise<void> {
  const { uid, mode } = await lstat(directory);
  const others = 0o022;
  if (uid === (process.getuid?.() ?? uid) && (mode & others) === 0) return;
  throw new UserError(
    `${directory} belongs to somebody else, or others may write there`,
    'remove it, or name a directory of your own in FORKBENCH_SESSIONS',
  );
}

/** Makes the first directory that can be made. */
async function makeFirst(candidates: readonly string[]): Promise<string> {
  const problems: unknown[] = [];
  for (const path of candidates) {
    try {
      await mkdir(path, { mode: 0o700 });
      return path;
    } catch (error) {
      problems.push(error);
    }
  }
  throw problems.at(-1);
}

async function undoIfDead(file: string, report: (line: string) => void): Promise<void> {
  const state = await readSession(file);
  if (state === null) {
    report(`note: ${file} does not say what a run left behind, so nothing of it could be undone`);
    await removeFile(file);
    return;
  }
  const { harness, guard } = state;
  if (isAlive(harness)) {
    throw new UserError(
      `another forkbench run (process ${harness.pid}) is measuring on this machine; two at once would measure each other`,
      `wait for it, or end it with: kill ${harness.pid}`,
    );
  }
  // Two at once could restore a setting that the next run has changed again.
  for (
    let waited = 0;
    guard !== null && isAlive(guard) && existsSync(file) && waited < 10_000;
    waited += 20
  ) {
    await sleep(20);
  }
  if (!existsSync(file)) return;
  const ended = await undoSession(file, state);
  const settings = state.leftovers.filter((leftover) => leftover.kind === 'sysctl').length;
  report(
    `cleaned up after a run that was killed (process ${harness.pid}): ` +
      `${ended} process${ended === 1 ? '' : 'es'}, ${settings} setting${settings === 1 ? '' : 's'}`,
  );
}

const isAlive = ({ pid, startTicks: ticks }: { pid: number; startTicks: string }): boolean =>
  startTicks(pid) === ticks;
