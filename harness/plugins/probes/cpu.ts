import { cpuContextFile, cpuText, parseCpuWindow, type CpuContext } from '../../core/cpu-window.ts';
import { jerriesOf } from '../../core/jerries.ts';
import type { Probe, ProbeContext, ProbeSession } from '../../core/plugin.ts';
import { snapshot, type Snapshot, type Subjects } from '../../effects/cpu-snapshot.ts';
import { cpuGroupsOf, remoteSnapshot, type RemoteSubjects } from '../../effects/remote-cpu-snapshot.ts';

/** Looks at all that takes part, wherever that is. */
interface Watch extends Required<Pick<ProbeSession, 'loadStarted'>> {
  look(when: 'start' | 'end'): Snapshot | Promise<Snapshot>;
  readonly place: Omit<CpuContext, 'start' | 'end'>;
}

/** CPU time of both sides' processes and of both hosts' cores, within the measured window. */
const cpu: Probe = {
  summary:
    'CPU time and context switches of every process of server and load, each core with its softirq share, what held them back, and pressure, within the window',
  check: async () => null,

  async start(context) {
    const { look, place, loadStarted } = await (context.testbed.tom.look
      ? onMachines(context)
      : here(context));
    let start = await look('start');
    let end: Snapshot | undefined;
    return {
      loadStarted,
      async windowStart() {
        start = await look('start');
      },
      async windowEnd() {
        end = await look('end');
      },
      async finish() {
        const last = end ?? (await look('end'));
        const note: CpuContext = { start: start.moment, end: last.moment, ...place };
        return { ...start.raw, ...last.raw, [cpuContextFile]: JSON.stringify(note) };
      },
    };
  },

  parse: (raw) => ({ cpu: parseCpuWindow(raw) }),
};

export default cpu;

/** All hosts on this machine, which is read here. */
async function here({ machine, testbed, server }: ProbeContext): Promise<Watch> {
  const subjects: Subjects = {
    server: server.pid,
    mountinfo: await machine.readFile('/proc/self/mountinfo'),
    loads: [],
    groups: { server: new Set(), generator: new Set() },
  };
  return {
    async loadStarted(load) {
      subjects.loads.push(load.pid);
    },
    look(when) {
      const { moment, raw } = snapshot(subjects);
      const named = Object.entries(raw).map(([name, text]) => [cpuText(name, when, null), text]);
      return { moment, raw: Object.fromEntries(named) as Record<string, string> };
    },
    place: {
      cores: {
        tom: [...testbed.tom.cores],
        jerry: [...new Set(jerriesOf(testbed).flatMap(({ cores }) => cores))],
      },
    },
  };
}

/**
 * Hosts that are other machines: each is asked once, for all at one moment of its own. Of several Jerrys the first is
 * looked at; the others say themselves what their load took.
 */
async function onMachines({ testbed: { tom, jerry }, server }: ProbeContext): Promise<Watch> {
  const subjects: RemoteSubjects = {
    tom: { side: tom, root: server.pid, whose: 'server', groups: await cpuGroupsOf(tom, server.pid) },
    jerry: { side: jerry, root: null, whose: 'generator', groups: [] },
  };
  return {
    async loadStarted(load, side) {
      if (side !== jerry) return;
      subjects.jerry.root = load.pid;
      subjects.jerry.groups = await cpuGroupsOf(jerry, load.pid);
    },
    look: (when) => remoteSnapshot(subjects, when),
    place: { cores: { tom: [...tom.cores], jerry: [...jerry.cores] }, separate: true },
  };
}
