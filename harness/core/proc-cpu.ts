/*
 * What Linux tells of CPU time, by the files of proc(5) and cgroups(7), as numbers.
 */

/** A clock tick of /proc in milliseconds: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

export interface CoreTimes {
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

export interface ProcessTimes {
  readonly name: string;
  readonly userMs: number;
  readonly systemMs: number;
  readonly runMs: number;
  readonly waitMs: number;
}

/**
 * CPU time of one process, all its threads: user and system from stat (in ticks), time on a core and time waiting for
 * one from schedstat (in nanoseconds), which has a line for each thread.
 */
export function parseProcessTimes(stat: string, schedstat: string): ProcessTimes {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const threads = schedstat.split('\n').filter((line) => line !== '');
  const sums = threads.map((line) => line.split(' ').map(Number));
  const ms = (index: number): number => sums.reduce((sum, values) => sum + (values[index] ?? 0), 0) / 1e6;
  return {
    name: stat.slice(open + 1, close),
    userMs: Number(fields[11]) * tickMs,
    systemMs: Number(fields[12]) * tickMs,
    runMs: ms(0),
    waitMs: ms(1),
  };
}

/** How often the threads of a process gave up their core, and how often it was taken from them, from their status. */
export function parseSwitches(statuses: string) {
  const sum = (name: string): number =>
    [...statuses.matchAll(new RegExp(`^${name}:\\s*(\\d+)`, 'gm'))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  return {
    voluntarySwitches: sum('voluntary_ctxt_switches'),
    involuntarySwitches: sum('nonvoluntary_ctxt_switches'),
  };
}

/**
 * Time for which a control group was held back since it was made, from its cpu.stat: version 1 counts nanoseconds, 2
 * microseconds. Null where it has no quota to count for.
 */
export function parseThrottledMs(text: string): number | null {
  const ns = /^throttled_time (\d+)$/m.exec(text)?.[1];
  const us = /^throttled_usec (\d+)$/m.exec(text)?.[1];
  if (ns !== undefined) return Number(ns) / 1e6;
  return us === undefined ? null : Number(us) / 1e3;
}

/** Time in which some task had to wait, since boot, from a file of /proc/pressure. */
export function parsePressureMs(text: string): number {
  const us = /^some .*total=(\d+)$/m.exec(text)?.[1];
  if (us === undefined) throw new Error(`no pressure stall information: ${text}`);
  return Number(us) / 1e3;
}
