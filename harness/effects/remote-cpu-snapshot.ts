import { join } from 'node:path';
import { cpuText, type CpuMoment } from '../core/cpu-window.ts';
import type { HostName, HostSide } from '../core/plugin.ts';
import { cpuGroup, groupsUpwards } from './control-groups.ts';
import { mostProcesses, type Snapshot } from './cpu-snapshot.ts';

/** What is looked at on one host. */
interface RemoteSubject {
  readonly side: HostSide;
  /** Null until it has been started. */
  root: number | null;
  readonly whose: 'server' | 'generator';
  groups: readonly string[];
}

export type RemoteSubjects = Readonly<Record<HostName, RemoteSubject>>;

const resources = ['cpu', 'io', 'memory'];

/** What the kernels of two hosts say of all that takes part. The moment is on Tom's clock. */
export async function remoteSnapshot(subjects: RemoteSubjects, when: 'start' | 'end'): Promise<Snapshot> {
  const processes: CpuMoment['processes'] = [];
  const raw: Record<string, string> = {};
  const look = async (host: HostName): Promise<number> => {
    const { side, root, whose, groups } = subjects[host];
    const named: [string, string][] = [
      ['proc-stat', '/proc/stat'],
      ...groups.map((path, index): [string, string] => [
        `${whose}-cpu-stat-${index}`,
        join(path, 'cpu.stat'),
      ]),
      ...resources.map((resource): [string, string] => [
        `pressure-${resource}`,
        `/proc/pressure/${resource}`,
      ]),
    ];
    const trees = root === null ? [] : [{ root, ...(host === 'jerry' ? { most: mostProcesses } : {}) }];
    const seen = await side.look!(
      named.map(([, path]) => path),
      trees,
    );
    const keep = (what: string, text: string | null): void => {
      if (text !== null) raw[cpuText(what, when, host)] = text;
    };
    named.forEach(([what], index) => keep(what, seen.files[index] ?? null));
    for (const { pid, stat, schedstat, switches } of seen.trees[0] ?? []) {
      keep(`proc-${pid}-stat`, stat);
      keep(`proc-${pid}-schedstat`, schedstat);
      keep(`proc-${pid}-switches`, switches);
      processes.push({ pid, host, role: pid === root ? 'main' : 'child' });
    }
    return seen.atUs;
  };
  const [atUs] = await Promise.all([look('tom'), look('jerry')]);
  return { moment: { atMs: atUs / 1000, processes }, raw };
}

/** The control groups of a process on a host that count CPU time, its own first; none where they cannot be told. */
export async function cpuGroupsOf({ look }: HostSide, pid: number): Promise<string[]> {
  const [group, mountinfo] = (await look!([`/proc/${pid}/cgroup`, '/proc/self/mountinfo'], [])).files;
  if (typeof group !== 'string' || typeof mountinfo !== 'string') return [];
  const place = cpuGroup(group, mountinfo);
  return place === null ? [] : groupsUpwards(place);
}
