import { readdirSync, readFileSync } from 'node:fs';
import type { Probe, ProbeContext } from '../../core/plugin.ts';
import type { CpuReading } from '../../core/record.ts';
import { family } from '../../effects/pids.ts';

/** A clock tick of /proc in milliseconds: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

interface CoreTimes {
  readonly core: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly softirqMs: number;
  readonly irqMs: number;
  readonly idleMs: number;
  readonly iowaitMs: number;
  readonly stealMs: number;
}

/** Parses the lines `cpuN ...` of /proc/stat (proc(5)); times are since boot, in milliseconds. */
export function parseCoreTimes(text: string): CoreTimes[] {
  return [...text.matchAll(/^cpu(\d+) (.+)$/gm)].map(([, core, fields]) => {
    const ticks = fields!.trim().split(/\s+/).map(Number);
    const ms = (index: number): number => (ticks[index] ?? 0) * tickMs;
    return {
      core: Number(core),
      userMs: ms(0) + ms(1),
      systemMs: ms(2),
      idleMs: ms(3),
      iowaitMs: ms(4),
      irqMs: ms(5),
      softirqMs: ms(6),
      stealMs: ms(7),
    };
  });
}

interface ProcessTimes {
  readonly name: string;
  readonly userMs: number;
  readonly systemMs: number;
  readonly runMs: number;
  readonly waitMs: number;
}

/**
 * CPU time of one process, all its threads: user and system from stat (in ticks), time on a core and time waiting for
 * one from schedstat (in nanoseconds).
 */
export function parseProcessTimes(stat: string, schedstats: readonly string[]): ProcessTimes {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const sums = schedstats.map((text) => text.split(' ').map(Number));
  const ms = (index: number): number => sums.reduce((sum, values) => sum + (values[index] ?? 0), 0) / 1e6;
  return {
    name: stat.slice(open + 1, close),
    userMs: Number(fields[11]) * tickMs,
    systemMs: Number(fields[12]) * tickMs,
    runMs: ms(0),
    waitMs: ms(1),
  };
}

interface Snapshot {
  readonly atMs: number;
  readonly cores: CoreTimes[];
  readonly processes: ReadonlyMap<number, ProcessTimes>;
  readonly raw: Record<string, string>;
}

/** Reads with the blocking calls: a few short files, and the border of a window should be a moment. */
function snapshot(server: number): Snapshot {
  const stat = readFileSync('/proc/stat', 'latin1');
  const raw: Record<string, string> = { 'proc-stat': stat };
  const processes = new Map<number, ProcessTimes>();
  for (const pid of [...family(server), process.pid]) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const schedstats = readdirSync(`/proc/${pid}/task`).map((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'),
      );
      raw[`proc-${pid}-stat`] = text;
      raw[`proc-${pid}-schedstat`] = schedstats.join('');
      processes.set(pid, parseProcessTimes(text, schedstats));
    } catch {
      // Ended while we looked.
    }
  }
  return { atMs: performance.now(), cores: parseCoreTimes(stat), processes, raw };
}

function difference(start: Snapshot, end: Snapshot, context: ProbeContext): CpuReading {
  const { tom, jerry } = context.testbed;
  const minus = (a: number, b: number | undefined): number => Math.max(0, a - (b ?? 0));
  const keys = ['userMs', 'systemMs', 'softirqMs', 'irqMs', 'idleMs', 'iowaitMs', 'stealMs'] as const;
  return {
    windowMs: end.atMs - start.atMs,
    processes: [...end.processes].map(([pid, times]) => {
      const before = start.processes.get(pid);
      const role = pid === process.pid ? 'harness' : pid === context.server.pid ? 'main' : 'child';
      return {
        host: role === 'harness' ? 'harness' : 'tom',
        role,
        pid,
        userMs: minus(times.userMs, before?.userMs),
        systemMs: minus(times.systemMs, before?.systemMs),
        runMs: minus(times.runMs, before?.runMs),
        waitMs: minus(times.waitMs, before?.waitMs),
      };
    }),
    cores: end.cores
      .map((times) => {
        const before = start.cores.find((other) => other.core === times.core);
        const spent = Object.fromEntries(
          keys.map((key) => [key, minus(times[key], before?.[key])]),
        ) as Record<(typeof keys)[number], number>;
        const hosts = [tom, jerry].filter((side) => side.cores.includes(times.core)).map((side) => side.name);
        return { core: times.core, hosts, ...spent };
      })
      .filter((core) => core.hosts.length > 0),
  };
}

/** CPU time of the server's processes and of both hosts' cores, within the measured window. */
const cpu: Probe = {
  summary: 'CPU time of every server process, and of each core with its softirq share, within the window',
  check: async () => null,

  async start(context) {
    let start = snapshot(context.server.pid);
    let end: Snapshot | undefined;
    return {
      async windowStart() {
        start = snapshot(context.server.pid);
      },
      async windowEnd() {
        end = snapshot(context.server.pid);
      },
      async finish() {
        const last = end ?? snapshot(context.server.pid);
        const named = (when: string, raw: Record<string, string>): [string, string][] =>
          Object.entries(raw).map(([name, text]) => [`cpu/${name}.${when}.txt`, text]);
        return {
          raw: Object.fromEntries([...named('start', start.raw), ...named('end', last.raw)]),
          parse: () => ({ cpu: difference(start, last, context) }),
        };
      },
    };
  },
};

export default cpu;
