import type { Probe, Testbed } from '../../core/plugin.ts';
import type { CpuReading } from '../../core/record.ts';
import { snapshot, type Snapshot, type Subjects } from '../../effects/cpu-snapshot.ts';

const minus = (a: number, b: number | undefined): number => Math.max(0, a - (b ?? 0));

type Core = CpuReading['cores'][number];

function difference(start: Snapshot, end: Snapshot, { tom, jerry }: Testbed): CpuReading {
  const windowMs = end.atMs - start.atMs;
  const keys = ['userMs', 'systemMs', 'softirqMs', 'irqMs', 'idleMs', 'iowaitMs', 'stealMs'] as const;
  const cores = end.cores.map((times): Core => {
    const before = start.cores.find((other) => other.core === times.core);
    const spent = Object.fromEntries(keys.map((key) => [key, minus(times[key], before?.[key])])) as Record<
      (typeof keys)[number],
      number
    >;
    const hosts = [tom, jerry].filter((side) => side.cores.includes(times.core)).map((side) => side.name);
    return { core: times.core, hosts, ...spent };
  });
  const ours = cores.filter((core) => core.hosts.length > 0);
  return {
    windowMs,
    processes: [...end.processes].map(([pid, { host, role, ...times }]) => {
      const before = start.processes.get(pid);
      const since = (key: keyof typeof times & `${string}${'Ms' | 'Switches'}`): number =>
        minus(times[key], before?.[key]);
      return {
        host,
        role,
        pid,
        userMs: since('userMs'),
        systemMs: since('systemMs'),
        runMs: since('runMs'),
        waitMs: since('waitMs'),
        ...(host === 'harness'
          ? {}
          : {
              voluntarySwitches: since('voluntarySwitches'),
              involuntarySwitches: since('involuntarySwitches'),
            }),
      };
    }),
    throttled: {
      serverMs: heldBackMs(start.throttled.server, end.throttled.server),
      generatorMs: heldBackMs(start.throttled.generator, end.throttled.generator),
    },
    pressure:
      start.pressure && end.pressure
        ? {
            cpuMs: minus(end.pressure.cpu, start.pressure.cpu),
            ioMs: minus(end.pressure.io, start.pressure.io),
            memoryMs: minus(end.pressure.memory, start.pressure.memory),
          }
        : null,
    otherCoresBusy:
      ours.length === 0
        ? null
        : busyCores(
            cores.filter((core) => !ours.includes(core)),
            windowMs,
          ),
    cores: ours,
  };
}

/** Of a group and those above it the one that was held back longest: they may be so at the same time. */
function heldBackMs(start: ReadonlyMap<string, number>, end: ReadonlyMap<string, number>): number | null {
  return end.size === 0 ? null : Math.max(...[...end].map(([path, ms]) => minus(ms, start.get(path))));
}

function busyCores(cores: readonly Core[], windowMs: number): number | null {
  if (cores.length === 0 || windowMs === 0) return null;
  return cores.reduce((sum, core) => sum + minus(1, (core.idleMs + core.iowaitMs) / windowMs), 0);
}

/** CPU time of both sides' processes and of both hosts' cores, within the measured window. */
const cpu: Probe = {
  summary:
    'CPU time and context switches of every process of server and load, each core with its softirq share, what held them back, and pressure, within the window',
  check: async () => null,

  async start({ machine, testbed, server }) {
    const subjects: Subjects = {
      server: server.pid,
      mountinfo: await machine.readFile('/proc/self/mountinfo'),
      load: null,
      groups: { server: new Set(), generator: new Set() },
    };
    let start = snapshot(subjects);
    let end: Snapshot | undefined;
    return {
      async loadStarted(load) {
        subjects.load = load.pid;
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
        return {
          raw: Object.fromEntries([...named('start', start.raw), ...named('end', last.raw)]),
          parse: () => ({ cpu: difference(start, last, testbed) }),
        };
      },
    };
  },
};

export default cpu;
