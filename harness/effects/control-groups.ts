import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/*
 * Where processes are in the trees of control groups. Version 1 has a tree for each controller, version 2 one for
 * all; a machine may have both at once, with each controller in one of them.
 */

/** A process's place in the tree that has the cpu controller. */
interface CpuGroup {
  readonly version: 1 | 2;
  /** Directory of the topmost group that can be seen here. */
  readonly top: string;
  /** Directory of the process's own group, `top` or below. */
  readonly own: string;
}

/**
 * The place of a process in the tree that has the cpu controller; null where that is not mounted. The arguments are
 * its /proc/PID/cgroup and /proc/self/mountinfo.
 */
export function cpuGroup(cgroup: string, mountinfo: string): CpuGroup | null {
  const first = placeIn(/^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m, cpuMount, cgroup, mountinfo);
  if (first !== null) return { version: 1, ...first };
  const second = placeIn(unifiedLine, unifiedMount, cgroup, mountinfo);
  return second && { version: 2, ...second };
}

/**
 * The directory of the version 2 group that a process is in, in whatever place that version is mounted; null where it
 * is not, or where the group lies outside of what is mounted. The arguments are those of `cpuGroup`.
 */
export function ownGroup(cgroup: string, mountinfo: string): string | null {
  return placeIn(unifiedLine, unifiedMount, cgroup, mountinfo)?.own ?? null;
}

const unifiedLine = /^0::(.*)$/m;
// ID, parent, device, root, mount point, options, further fields, "-", type, source, options of the type
const unifiedMount = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m;
const cpuMount = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup \S+ (?:\S+,)?cpu(?:,\S+)?$/m;

function placeIn(
  line: RegExp,
  mount: RegExp,
  cgroup: string,
  mountinfo: string,
): Pick<CpuGroup, 'top' | 'own'> | null {
  const own = line.exec(cgroup)?.[1];
  const [, root, top] = mount.exec(mountinfo) ?? [];
  if (own === undefined || own.startsWith('/..') || root === undefined || top === undefined) return null;
  const below = relative(root, own);
  return below.startsWith('..') ? null : { top, own: join(top, below) };
}

/** The place of a process of this machine; null where there is none, or the process has ended. */
export async function cpuGroupOf(pid: number | 'self'): Promise<CpuGroup | null> {
  const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return cpuGroup(cgroup, await readFile('/proc/self/mountinfo', 'utf8'));
}

/** The ids of the processes in a group; none where there is no such group. */
export async function processesIn(path: string): Promise<number[]> {
  const text = await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

/** Moves a process with all its threads; false where it has ended. */
export async function moveProcess(pid: number, path: string): Promise<boolean> {
  try {
    await writeFile(join(path, 'cgroup.procs'), String(pid));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
