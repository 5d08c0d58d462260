import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  parseCoreTimes,
  parsePressureMs,
  parseProcessTimes,
  parseSwitches,
  parseThrottledMs,
  type CoreTimes,
  type ProcessTimes,
} from '../core/proc-cpu.ts';
import type { CpuReading } from '../core/record.ts';
import { cpuGroup, groupsUpwards } from './control-groups.ts';
import { family, smallFamily } from './pids.ts';

const resources = ['cpu', 'io', 'memory'] as const;
type Pressure = Record<(typeof resources)[number], number>;

/** More processes of a load are not looked at: that would take too long for a border of the window. */
const mostProcesses = 64;

interface Watched extends ProcessTimes, ReturnType<typeof parseSwitches> {
  readonly host: CpuReading['processes'][number]['host'];
  readonly role: string;
}

/** CPU times of everything that takes part, at one moment. */
export interface Snapshot {
  readonly atMs: number;
  readonly cores: CoreTimes[];
  readonly processes: ReadonlyMap<number, Watched>;
  /** Null where the kernel does not tell. */
  readonly pressure: Pressure | null;
  /** Time for which groups were held back, by their directories. */
  readonly throttled: Readonly<Record<'server' | 'generator', ReadonlyMap<string, number>>>;
  readonly raw: Record<string, string>;
}

/** What is looked at. */
export interface Subjects {
  readonly server: number;
  /** Null until it has been started. */
  load: number | null;
  readonly mountinfo: string;
  /**
   * Every control group that each was seen in: a process that has just ended is in the topmost one, whatever group it
   * was held in.
   */
  readonly groups: Readonly<Record<'server' | 'generator', Set<string>>>;
}

/** Reads with the blocking calls: a few short files, and the border of a window should be a moment. */
export function snapshot({ server, load, mountinfo, groups }: Subjects): Snapshot {
  const raw: Record<string, string> = {};
  const read = (path: string, name: string): string => (raw[name] = readFileSync(path, 'latin1'));
  const atMs = performance.now();
  const cores = parseCoreTimes(read('/proc/stat', 'proc-stat'));
  const processes = new Map<number, Watched>();
  const look = (host: Watched['host'], role: string, pid: number): void => {
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
      processes.set(pid, { host, role, ...parseProcessTimes(stat, schedstats), ...parseSwitches(switches) });
    } catch {
      // Ended while we looked.
    }
  };
  const lookAll = (host: Watched['host'], root: number, pids: readonly number[]): void => {
    for (const pid of pids) look(host, pid === root ? 'main' : 'child', pid);
  };
  lookAll('tom', server, family(server));
  if (load !== null) lookAll('jerry', load, smallFamily(load, mostProcesses) ?? []);
  look('harness', 'harness', process.pid);

  const throttledOf = (groups: Set<string>, pid: number | null, whose: string): Map<string, number> => {
    for (const path of pid === null ? [] : groupsOf(pid, mountinfo)) groups.add(path);
    const found = new Map<string, number>();
    for (const [index, path] of [...groups].entries()) {
      try {
        const ms = parseThrottledMs(read(join(path, 'cpu.stat'), `${whose}-cpu-stat-${index}`));
        if (ms !== null) found.set(path, ms);
      } catch {
        // Removed, or a tree without such files.
      }
    }
    return found;
  };
  const throttled = {
    server: throttledOf(groups.server, server, 'server'),
    generator: throttledOf(groups.generator, load, 'generator'),
  };
  return { atMs, cores, processes, pressure: pressureNow(read), throttled, raw };
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

function pressureNow(read: (path: string, name: string) => string): Pressure | null {
  try {
    const [cpu, io, memory] = resources.map((name) =>
      parsePressureMs(read(`/proc/pressure/${name}`, `pressure-${name}`)),
    );
    return { cpu: cpu!, io: io!, memory: memory! };
  } catch {
    return null;
  }
}
