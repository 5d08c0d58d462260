import { z } from 'zod';
import {
  parseCoreTimes,
  parsePressureMs,
  parseProcessTimes,
  parseSwitches,
  parseThrottledMs,
  type CoreTimes,
  type ProcessTimes,
} from './proc-cpu.ts';
import type { HostName } from './plugin.ts';
import { noteOf, textOf, type RawTexts } from './raw-texts.ts';
import type { CpuReading } from './record.ts';

/*
 * CPU times within a window, from what was read at its start and its end: texts by the names
 * `cpu/<what>.start.txt` and `cpu/<what>.end.txt`, where each host has a kernel of its own `cpu/<host>-<what>...`.
 */

/** The name of a text. */
export const cpuText = (what: string, when: 'start' | 'end', host: HostName | null): string =>
  `cpu/${host === null ? '' : `${host}-`}${what}.${when}.txt`;

/** What is noted of a look that its texts do not say: the moment, and whose processes were seen. */
const momentSchema = z.strictObject({
  atMs: z.number().describe("on the harness's own clock"),
  processes: z.array(
    z.strictObject({ pid: z.number(), host: z.enum(['tom', 'jerry', 'harness']), role: z.string() }),
  ),
});
export type CpuMoment = z.output<typeof momentSchema>;

const contextSchema = z.strictObject({
  start: momentSchema,
  end: momentSchema,
  cores: z.strictObject({ tom: z.array(z.number()), jerry: z.array(z.number()) }),
  separate: z
    .literal(true)
    .optional()
    .describe(
      'each host has a kernel of its own: its texts are named after it, and `atMs` is on the clock of Tom',
    ),
});
export type CpuContext = z.output<typeof contextSchema>;

export const cpuContextFile = 'cpu/context.json';

/** Groups whose time held back is counted. */
type Group = keyof NonNullable<CpuReading['throttled']>;

interface Times {
  readonly atMs: number;
  readonly cores: readonly HostCore[];
  /** By host and process id. */
  readonly processes: ReadonlyMap<string, Watched>;
  readonly pressure: CpuReading['pressure'] | null;
  /** Time for which groups were held back, by the names of their texts. */
  readonly heldBackMs: Readonly<Record<Group, ReadonlyMap<string, number>>>;
}

/** `kernel` is null where all hosts share one. */
type HostCore = CoreTimes & { readonly kernel: HostName | null };

type Watched = CpuMoment['processes'][number] & ProcessTimes & ReturnType<typeof parseSwitches>;

/** Throws an Error that says what is missing or wrong. */
export function parseCpuWindow(raw: RawTexts): CpuReading {
  const { start, end, cores, separate = false } = noteOf(raw, cpuContextFile, contextSchema);
  return difference(timesAt(raw, 'start', start, separate), timesAt(raw, 'end', end, separate), cores);
}

function timesAt(raw: RawTexts, when: 'start' | 'end', moment: CpuMoment, separate: boolean): Times {
  const processes = moment.processes.map(({ pid, host, role }): [string, Watched] => {
    const named = (file: string): string =>
      textOf(raw, cpuText(`proc-${pid}-${file}`, when, separate && host !== 'harness' ? host : null));
    const switches = host === 'harness' ? '' : named('switches');
    const times = { ...parseProcessTimes(named('stat'), named('schedstat')), ...parseSwitches(switches) };
    return [`${host} ${pid}`, { pid, host, role, ...times }];
  });
  const kernels = separate ? (['tom', 'jerry'] as const) : [null];
  return {
    atMs: moment.atMs,
    cores: kernels.flatMap((kernel) =>
      parseCoreTimes(textOf(raw, cpuText('proc-stat', when, kernel))).map((core) => ({ ...core, kernel })),
    ),
    processes: new Map(processes),
    pressure: pressureIn(raw, (what) => cpuText(what, when, separate ? 'tom' : null)),
    heldBackMs: {
      serverMs: heldBackIn(raw, `${separate ? 'tom-' : ''}server`, when),
      generatorMs: heldBackIn(raw, `${separate ? 'jerry-' : ''}generator`, when),
    },
  };
}

/** Of Tom's kernel where there are several; null where it does not tell. */
function pressureIn(raw: RawTexts, named: (what: string) => string): Times['pressure'] {
  const texts = ['cpu', 'io', 'memory'].map((resource) => raw[named(`pressure-${resource}`)]);
  if (texts.some((text) => text === undefined || !/^some /m.test(text))) return null;
  const [cpuMs, ioMs, memoryMs] = texts.map((text) => parsePressureMs(text!));
  return { cpuMs: cpuMs!, ioMs: ioMs!, memoryMs: memoryMs! };
}

/** A group has the same number at start and end, so it is told by it. */
function heldBackIn(raw: RawTexts, whose: string, when: 'start' | 'end'): Map<string, number> {
  const pattern = new RegExp(`^cpu/(${whose}-cpu-stat-\\d+)\\.${when}\\.txt$`);
  const found = new Map<string, number>();
  for (const [name, text] of Object.entries(raw)) {
    const group = pattern.exec(name)?.[1];
    const ms = group === undefined ? null : parseThrottledMs(text);
    if (ms !== null) found.set(group!, ms);
  }
  return found;
}

const minus = (a: number, b: number | undefined): number => Math.max(0, a - (b ?? 0));

type Core = CpuReading['cores'][number];

function difference(start: Times, end: Times, coresOf: CpuContext['cores']): CpuReading {
  const windowMs = end.atMs - start.atMs;
  const keys = ['userMs', 'systemMs', 'softirqMs', 'irqMs', 'idleMs', 'iowaitMs', 'stealMs'] as const;
  const cores = end.cores.map((times): Core => {
    const before = start.cores.find(({ core, kernel }) => core === times.core && kernel === times.kernel);
    const spent = Object.fromEntries(keys.map((key) => [key, minus(times[key], before?.[key])])) as Record<
      (typeof keys)[number],
      number
    >;
    const hosts = (['tom', 'jerry'] as const).filter(
      (host) => coresOf[host].includes(times.core) && (times.kernel ?? host) === host,
    );
    return { core: times.core, hosts, ...spent };
  });
  const ours = cores.filter((core) => core.hosts.length > 0);
  return {
    windowMs,
    processes: [...end.processes].map(([key, { pid, host, role, ...times }]) => {
      const before = start.processes.get(key);
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
      serverMs: heldBackMs(start, end, 'serverMs'),
      generatorMs: heldBackMs(start, end, 'generatorMs'),
    },
    pressure:
      start.pressure && end.pressure
        ? {
            cpuMs: minus(end.pressure.cpuMs, start.pressure.cpuMs),
            ioMs: minus(end.pressure.ioMs, start.pressure.ioMs),
            memoryMs: minus(end.pressure.memoryMs, start.pressure.memoryMs),
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
function heldBackMs(start: Times, end: Times, group: Group): number | null {
  const [before, after] = [start.heldBackMs[group], end.heldBackMs[group]];
  return after.size === 0 ? null : Math.max(...[...after].map(([name, ms]) => minus(ms, before.get(name))));
}

function busyCores(cores: readonly Core[], windowMs: number): number | null {
  if (cores.length === 0 || windowMs === 0) return null;
  return cores.reduce((sum, core) => sum + minus(1, (core.idleMs + core.iowaitMs) / windowMs), 0);
}
