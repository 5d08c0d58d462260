import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuMoment } from '../core/cpu-window.ts';
import { cpuGroup, groupsUpwards } from './control-groups.ts';
import { family, smallFamily } from './pids.ts';

/** More processes of a load are not looked at: that would take too long for a border of the window. */
export const mostProcesses = 64;

/** What the kernel says of everything that takes part, at one moment. */
export interface Snapshot {
  readonly moment: CpuMoment;
  /** Texts by name: core/cpu-window.ts reads them. */
  readonly raw: Record<string, string>;
}

/** What is looked at. */
export interface Subjects {
  readonly server: number;
  /** On each host that makes the load, once it has been started. */
  readonly loads: number[];
  readonly mountinfo: string;
  /**
   * Every control group that each was seen in: a process that has just ended is in the topmost one, whatever group it
   * was held in.
   */
  readonly groups: Readonly<Record<'server' | 'generator', Set<string>>>;
}

/** Reads with the blocking calls: a few short files, and the border of a window should be a moment. */
export function snapshot({ server, loads, mountinfo, groups }: Subjects): Snapshot {
  const raw: Record<string, string> = {};
  const read = (path: string, name: string): void => void (raw[name] = readFileSync(path, 'latin1'));
  const readIfThere = (path: string, name: string): void => {
    try {
      read(path, name);
    } catch {
      // A group that was removed, a tree or a kernel without such files.
    }
  };
  const atMs = performance.now();
  read('/proc/stat', 'proc-stat');
  const processes: CpuMoment['processes'] = [];
  const look = (host: CpuMoment['processes'][number]['host'], role: string, pid: number): void => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const threads = readdirSync(`/proc/${pid}/task`);
      const ofThreads = (file: string): string[] =>
        threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'latin1'));
      const schedstats = ofThreads('schedstat');
      // Nobody asks how often the harness switched, and it has many threads.
      const switches = host === 'harness' ? [] : ofThreads('status').map(onlySwitches);
      raw[`proc-${pid}-stat`] = stat;
      raw[`proc-${pid}-schedstat`] = schedstats.join('');
      if (switches.length > 0) raw[`proc-${pid}-switches`] = switches.join('\n');
      processes.push({ pid, host, role });
    } catch {
      // Ended while we looked.
    }
  };
  const lookAll = (host: 'tom' | 'jerry', root: number, pids: readonly number[]): void => {
    for (const pid of pids) look(host, pid === root ? 'main' : 'child', pid);
  };
  lookAll('tom', server, family(server));
  for (const load of loads) lookAll('jerry', load, smallFamily(load, mostProcesses) ?? []);
  look('harness', 'harness', process.pid);

  const lookAtGroups = (seen: Set<string>, pids: readonly number[], whose: string): void => {
    for (const path of pids.flatMap((pid) => groupsOf(pid, mountinfo))) seen.add(path);
    for (const [index, path] of [...seen].entries()) {
      readIfThere(join(path, 'cpu.stat'), `${whose}-cpu-stat-${index}`);
    }
  };
  lookAtGroups(groups.server, [server], 'server');
  lookAtGroups(groups.generator, loads, 'generator');
  for (const resource of ['cpu', 'io', 'memory']) {
    readIfThere(`/proc/pressure/${resource}`, `pressure-${resource}`);
  }
  return { moment: { atMs, processes }, raw };
}

/** The control groups of a process, its own first. */
function groupsOf(pid: number, mountinfo: string): string[] {
  try {
    const place = cpuGroup(readFileSync(`/proc/${pid}/cgroup`, 'latin1'), mountinfo);
    return place === null ? [] : groupsUpwards(place);
  } catch {
    return [];
  }
}

/** Whatever else a status says would be kept for every thread. */
const onlySwitches = (status: string): string => status.slice(status.indexOf('voluntary_ctxt_switches'));
