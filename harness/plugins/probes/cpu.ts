import { cpuContextFile, parseCpuWindow, type CpuContext } from '../../core/cpu-window.ts';
import type { Probe } from '../../core/plugin.ts';
import { snapshot, type Snapshot, type Subjects } from '../../effects/cpu-snapshot.ts';

/** CPU time of both sides' processes and of both hosts' cores, within the measured window. */
const cpu: Probe = {
  summary:
    'CPU time and context switches of every process of server and load, each core with its softirq share, what held them back, and pressure, within the window',
  check: async () => null,

  async start({ machine, testbed: { tom, jerry, otherJerries = [] }, server }) {
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
          cores: {
            tom: [...tom.cores],
            jerry: [...new Set([jerry, ...otherJerries].flatMap(({ cores }) => cores))],
          },
        };
        return {
          ...Object.fromEntries([...named('start', start.raw), ...named('end', last.raw)]),
          [cpuContextFile]: JSON.stringify(context),
        };
      },
    };
  },

  parse: (raw) => ({ cpu: parseCpuWindow(raw) }),
};

export default cpu;
