import { readdirSync, readFileSync } from 'node:fs';
import type { HostProcess } from '../core/plugin.ts';

/** The process and all that descend from it. Processes that end while we look are left out. */
export function family(root: number): number[] {
  try {
    return [root, ...childrenOf(root).flatMap(family)];
  } catch {
    return [];
  }
}

/**
 * The same from the top down; null as soon as there are more than `most`: to find thousands takes longer than a look
 * at them may take.
 */
export function smallFamily(root: number, most: number): number[] | null {
  const found = [root];
  for (const pid of found) {
    if (found.length > most) return null;
    try {
      found.push(...childrenOf(pid));
    } catch {
      // Ended while we looked.
    }
  }
  return found;
}

/** Children of every thread of a process. Throws where it has ended. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}

/**
 * The id by which a process knows itself: another one than ours where it is in a PID namespace of its own. Null where
 * it has ended.
 */
export function innerPid(pid: number): number | null {
  try {
    const ids = /^NSpid:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(ids?.split(/\s+/).at(-1) ?? pid);
  } catch {
    return null;
  }
}

/** A process on this machine and all that descend from it, itself first; those that end while we look are left out. */
export function processesBelow(root: number): HostProcess[] {
  return family(root).flatMap((pid) => {
    try {
      const tasks = readdirSync(`/proc/${pid}/task`).map(Number);
      const status = (task: number): string => readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
      return [
        {
          pid,
          innerPid: innerPid(pid) ?? pid,
          innerTasks: tasks.map((task) => innerPid(task) ?? task),
          isTraced: tasks.every((task) => !/^TracerPid:\s*0$/m.test(status(task))),
        },
      ];
    } catch {
      return [];
    }
  });
}

/**
 * Start time of a process in clock ticks since boot (proc(5), field 22): with the pid it names a process for good.
 * Null where there is none.
 */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
