import { cpuContextFile, parseCpuWindow, type CpuContext } from '../../core/cpu-window.ts';
import type { Probe, ProbeContext, ProbeSession, Testbed } from '../../core/plugin.ts';
import { snapshot, type Snapshot, type Subjects } from '../../effects/cpu-snapshot.ts';
import { cpuGroupsOf, remoteSnapshot, type RemoteSubjects } from '../../effects/remote-cpu-snapshot.ts';

/** CPU time of both sides' processes and of both hosts' cores, within the measured window. */
const cpu: Probe = {
  summary:
    'CPU time and context switches of every process of server and load, each core with its softirq share, what held them back, and pressure, within the window',
  check: async () => null,

  start: (context) => (context.testbed.tom.look ? watchMachines(context) : watchHere(context)),

  parse: (raw) => ({ cpu: parseCpuWindow(raw) }),
};

export default cpu;

/** Both hosts on this machine, which is read here. */
async function watchHere({ machine, testbed, server }: ProbeContext): Promise<ProbeSession> {
  const subjects: Subjects = {
    server: server.pid,
    mountinfo: await machine.readFile('/proc/self/mountinfo'),
    loads: [],
    groups: { server: new Set(), generator: new Set() },
  };
  let start = snapshot(subjects);
  let end: Snapshot | undefined;
  return {
    async loadStarted(load) {
      subjects.loads.push(load.pid);
    },
    async windowStart() {
      start = snapshot(subjects);
    },
    async windowEnd() {
      end = snapshot(subjects);
    },
    async finish() {
      const last = end ?? snapshot(subjects);
      const named = (when: string, raw: Record<string, string>): [string, string][] =>
        Object.entries(raw).map(([name, text]) => [`cpu/${name}.${when}.txt`, text]);
      const context: CpuContext = {
        start: start.moment,
        end: last.moment,
        cores: coresOf(testbed),
      };
      return {
        ...Object.fromEntries([...named('start', start.raw), ...named('end', last.raw)]),
        [cpuContextFile]: JSON.stringify(context),
      };
    },
  };
}

/** Of the two sides; further Jerrys are on the first one's machine. */
const coresOf = ({ tom, jerry, otherJerries = [] }: Testbed): CpuContext['cores'] => ({
  tom: [...tom.cores],
  jerry: [...new Set([jerry, ...otherJerries].flatMap(({ cores }) => cores))],
});

/** Hosts that are other machines: each is asked once, for all at one moment of its own. */
async function watchMachines({ testbed, server }: ProbeContext): Promise<ProbeSession> {
  const { tom, jerry } = testbed;
  const subjects: RemoteSubjects = {
    tom: { side: tom, root: server.pid, whose: 'server', groups: await cpuGroupsOf(tom, server.pid) },
    jerry: { side: jerry, root: null, whose: 'generator', groups: [] },
  };
  let start = await remoteSnapshot(subjects, 'start');
  let end: Snapshot | undefined;
  return {
    async loadStarted(load) {
      subjects.jerry.root = load.pid;
      subjects.jerry.groups = await cpuGroupsOf(jerry, load.pid);
    },
    async windowStart() {
      start = await remoteSnapshot(subjects, 'start');
    },
    async windowEnd() {
      end = await remoteSnapshot(subjects, 'end');
    },
    async finish() {
      const last = end ?? (await remoteSnapshot(subjects, 'end'));
      const context: CpuContext = {
        start: start.moment,
        end: last.moment,
        cores: { tom: [...tom.cores], jerry: [...jerry.cores] },
        separate: true,
      };
      return { ...start.raw, ...last.raw, [cpuContextFile]: JSON.stringify(context) };
    },
  };
}
