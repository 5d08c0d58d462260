import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { Leftover } from '../core/plugin.ts';
import { moveProcess, processesIn } from './control-groups.ts';
import { endMarked } from './marks.ts';
import { removeFile, removeUnfinished, temporaryPath } from './output-files.ts';

/*
 * Undoes a session by what its file lists. The session itself does that at its end, its guard when the harness is
 * killed, and the next run when the guard was killed too.
 */

const leftoverSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('unfinished'), directory: z.string() }),
  z.strictObject({ kind: z.literal('sysctl'), path: z.string(), before: z.string() }),
  z.strictObject({ kind: z.literal('cgroup'), path: z.string() }),
]);

const processSchema = z.strictObject({ pid: z.number().int(), startTicks: z.string() });

const sessionSchema = z.strictObject({
  id: z.string(),
  harness: processSchema,
  guard: processSchema.nullable(),
  command: z.array(z.string()),
  leftovers: z.array(leftoverSchema),
});
export type SessionFile = z.output<typeof sessionSchema>;

/** What a session noted; null where there is no file, or none of this version of forkbench. */
export async function readSession(file: string): Promise<SessionFile | null> {
  try {
    return sessionSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Ends what the session started, undoes what it changed, and removes its file last. May run twice at once. Resolves
 * with the number of processes that were ended.
 */
export async function undoSession(file: string, state: SessionFile): Promise<number> {
  let ended = 0;
  for (const leftover of state.leftovers) {
    if (leftover.kind === 'cgroup') ended += await endGroup(leftover.path);
  }
  ended += await endMarked(state.id);
  for (const leftover of state.leftovers.toReversed()) await undo(leftover, state.harness.pid);
  await removeFile(temporaryPath(file, state.harness.pid));
  await removeFile(file);
  return ended;
}

async function undo(leftover: Leftover, harness: number): Promise<void> {
  if (leftover.kind === 'file') {
    await rm(leftover.path, { recursive: true, force: true });
  } else if (leftover.kind === 'unfinished') {
    await removeUnfinished(leftover.directory, harness);
  } else if (leftover.kind === 'sysctl') {
    await writeFile(leftover.path, leftover.before).catch(() => undefined);
  }
}

const endLimitMs = 10_000;

/**
 * Kills every process of a control group and removes it: once it is gone, nobody who was on the way into it gets
 * there any more. A group of version 1 cannot be killed: its processes are moved out of it, to be ended as all others
 * are. Resolves with the number of processes that were killed. Throws UserError where the group stays.
 */
export async function endGroup(path: string): Promise<number> {
  const deadline = performance.now() + endLimitMs;
  const killFile = join(path, 'cgroup.kill');
  const read = (name: string): Promise<string> => readFile(join(path, name), 'utf8').catch(() => '');
  const killed = existsSync(killFile) ? (await processesIn(path)).length : 0;
  while (!(await removeGroup(path))) {
    if (performance.now() > deadline) {
      throw new UserError(
        `the control group ${path} cannot be removed`,
        `end the processes that ${path}/cgroup.procs lists`,
      );
    }
    if (existsSync(killFile)) {
      await writeFile(killFile, '1').catch(() => undefined);
      while (/^populated 1$/m.test(await read('cgroup.events')) && performance.now() < deadline)
        await sleep(2);
    } else {
      for (const pid of await processesIn(path)) await moveProcess(pid, dirname(path)).catch(() => false);
      await sleep(2);
    }
  }
  return killed;
}

/** Removes a control group with those that its processes made in it; whether it is gone. */
async function removeGroup(path: string): Promise<boolean> {
  if (!existsSync(path)) return true;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(path, entry.name));
  await rmdir(path).catch(() => undefined);
  return !existsSync(path);
}
