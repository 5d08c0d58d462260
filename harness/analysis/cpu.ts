import type { CpuReading, RepeatRecord } from '../core/record.ts';
import { busiestShare } from './jerry-share.ts';
import { sum } from './statistics.ts';
import { fitted } from './thresholds.ts';

/** Where the generator has cores of its own: from this share of them on it had no CPU left. */
export const generatorFullShare = fitted.generatorFull;
/** Where it shares them with the server: from this busy share on nobody on them had CPU left. */
export const sharedCoreFullShare = 0.95;
/** From this share on what else ran on the cores under test, hypervisor included, is no longer noise. */
export const strangersShareLimit = fitted.strangers;

/**
 * CPU time of one repeat's window. Percentages are of one core, so two full cores are 200 %; shares are of all cores
 * in question, from 0 to 1. Null: not measured.
 */
export interface CpuUse {
  readonly serverPercent: number | null;
  readonly parentPercent: number | null;
  readonly workersPercent: number | null;
  readonly tomSoftirqPercent: number | null;
  readonly generatorPercent: number | null;
  readonly jerrySoftirqPercent: number | null;
  readonly tomBusyShare: number | null;
  readonly jerryBusyShare: number | null;
  /** The server's own time and the softirq time of its cores, of what they could give. */
  readonly serverShare: number | null;
  /** How much of what it could use the generator used. */
  readonly generatorShare: number | null;
  /** The same in cores, for what a request costs: a side's CPU seconds in each second. */
  readonly serverCores: number | null;
  readonly generatorCores: number | null;
  /** What ran on a host's cores and was neither server nor load nor harness; of the two hosts the worse. */
  readonly strangersShare: number | null;
  /** What a hypervisor took of a host's cores; of the two hosts the worse. */
  readonly stolenShare: number | null;
}

type Core = CpuReading['cores'][number];

function coresOf(cpu: CpuReading | undefined, host: 'tom' | 'jerry'): Core[] {
  return cpu?.cores.filter((core) => core.hosts.includes(host)) ?? [];
}

/**
 * The time in which the cores were not idle, a hypervisor's share included. A task that waits in io_uring counts as
 * iowait: such a core is as free as an idle one. Taken from idle time, since the kernel measures that to the
 * microsecond, and busy time by what a tick happens to meet: on a core that sleeps and wakes often the two add up to
 * far more than the window.
 */
function busyMs(cpu: CpuReading, cores: readonly Core[]): number {
  return sum(cores.map((core) => Math.max(0, cpu.windowMs - core.idleMs - core.iowaitMs)));
}

function busyShare(cpu: CpuReading | undefined, cores: readonly Core[]): number | null {
  if (!cpu || cores.length === 0 || cpu.windowMs === 0) return null;
  return busyMs(cpu, cores) / (cpu.windowMs * cores.length);
}

function softirqPercent(cpu: CpuReading | undefined, cores: readonly Core[]): number | null {
  if (!cpu || cores.length === 0 || cpu.windowMs === 0) return null;
  return (100 * sum(cores.map((core) => core.softirqMs))) / cpu.windowMs;
}

type Process = CpuReading['processes'][number];

/** CPU time of some processes; null when there are none. */
function processPercent(cpu: CpuReading | undefined, isOne: (process: Process) => boolean): number | null {
  const processes = cpu?.processes.filter(isOne) ?? [];
  if (!cpu || processes.length === 0 || cpu.windowMs === 0) return null;
  return (100 * sum(processes.map((process) => process.userMs + process.systemMs))) / cpu.windowMs;
}

/** CPU time of the server's processes that have this role by its own counter page, which names them by pid. */
function rolePercent({ cpu, server }: RepeatRecord, role: 'parent' | 'worker'): number | null {
  const pids = new Set(server?.processes.filter((one) => one.role === role).map((one) => one.pid));
  return processPercent(cpu, (process) => process.host === 'tom' && pids.has(process.pid));
}

function generatorPercent(record: RepeatRecord): number | null {
  const load = record.load;
  // Clients with windows of their own, one after the other, make the time that the CPU was watched the longer one.
  const windowMs = Math.max(load?.window.durationMs ?? 0, record.cpu?.windowMs ?? 0);
  if (!load?.cpu || windowMs === 0) return null;
  return (100 * (load.cpu.userMs + load.cpu.systemMs)) / windowMs;
}

/**
 * Whether the generator's CPU time is that of the watched time. It is not where each of its clients has a window of
 * its own, which begin one after the other: what a client does outside of its own stands nowhere.
 */
function generatorTimeIsWhole({ cpu, load }: RepeatRecord): boolean {
  return cpu !== undefined && load !== undefined && cpu.windowMs <= load.window.durationMs * 1.05;
}

/** Whether Jerry has a core that Tom has too, as this repeat saw it. */
export function sharesCores(cpu: CpuReading | undefined): boolean {
  return coresOf(cpu, 'jerry').some((core) => core.hosts.includes('tom'));
}

export function cpuUse(record: RepeatRecord): CpuUse {
  const cpu = record.cpu;
  const tomCores = coresOf(cpu, 'tom');
  const jerryCores = coresOf(cpu, 'jerry');
  const server = processPercent(cpu, (process) => process.host === 'tom');
  const generator = generatorPercent(record);
  const knownGenerator = generatorTimeIsWhole(record) ? generator : null;
  const tomSoftirq = softirqPercent(cpu, tomCores);
  const jerrySoftirq = softirqPercent(cpu, jerryCores);
  const jerryBusy = busyShare(cpu, jerryCores);
  const serverShare = shareOfCores(cpu, server, tomSoftirq, tomCores);
  const together =
    knownGenerator === null || sharesCores(cpu)
      ? jerryBusy
      : shareOfCores(cpu, generator, jerrySoftirq, jerryCores);
  const generatorShare = sharesCores(cpu)
    ? together
    : largestOf(together, busiestShare(record.load?.jerries));
  // On a shared core nobody knows whose the interrupts were.
  const inCores = (share: number | null, cores: readonly Core[]): number | null =>
    share === null || sharesCores(cpu) ? null : share * cores.length;
  return {
    serverPercent: server,
    parentPercent: rolePercent(record, 'parent'),
    workersPercent: rolePercent(record, 'worker'),
    tomSoftirqPercent: tomSoftirq,
    generatorPercent: generator,
    jerrySoftirqPercent: jerrySoftirq,
    tomBusyShare: busyShare(cpu, tomCores),
    jerryBusyShare: jerryBusy,
    serverShare,
    generatorShare,
    serverCores: inCores(serverShare, tomCores),
    generatorCores: inCores(together, jerryCores),
    strangersShare: hasProgramsBeside(record)
      ? null
      : largestOf(
          strangersShare(cpu, server, knownGenerator),
          strangersUserShare(record, knownGenerator !== null),
        ),
    stolenShare: stolenShare(cpu, tomCores, jerryCores),
  };
}

/**
 * strace and tcpdump run on the server's cores for as long as the load, a forwarder between the hosts on the load's: their
 * time cannot be told from a stranger's.
 */
const hasProgramsBeside = ({ syscalls, packets, link }: RepeatRecord): boolean =>
  syscalls !== undefined || packets !== undefined || link?.forwarded === true;

/**
 * A side's own time plus the softirq time of its cores, over what the cores could give. Kernels that account
 * interrupts by tick count softirq time within the interrupted process too; the busy share of the cores, which
 * counts nothing twice, is the upper bound.
 */
function shareOfCores(
  cpu: CpuReading | undefined,
  ownPercent: number | null,
  softirq: number | null,
  cores: readonly Core[],
): number | null {
  if (ownPercent === null || cores.length === 0) return null;
  const share = (ownPercent + (softirq ?? 0)) / (100 * cores.length);
  return Math.min(share, busyShare(cpu, cores) ?? share);
}

interface Times {
  readonly userMs: number;
  readonly systemMs: number;
}

const timesOf = (all: readonly Times[]): Times => ({
  userMs: sum(all.map(({ userMs }) => userMs)),
  systemMs: sum(all.map(({ systemMs }) => systemMs)),
});

/**
 * What ran on a host's cores and was none of ours, of the two hosts the worse; where they share cores, of these together.
 * `beyond` gives it for some cores and those who work there. Null where a side's own time is not known.
 */
function worseOfHosts<Own>(
  cpu: CpuReading,
  server: Own,
  generator: Own | null,
  beyond: (cores: readonly Core[], ours: readonly Own[]) => number,
): number | null {
  const tom = coresOf(cpu, 'tom');
  const jerry = coresOf(cpu, 'jerry');
  if (tom.length === 0) return null;
  if (sharesCores(cpu)) {
    const together = cpu.cores.filter((core) => core.hosts.length > 0);
    return generator === null ? null : beyond(together, [server, generator]);
  }
  const onTom = beyond(tom, [server]);
  return generator === null || jerry.length === 0 ? onTom : Math.max(onTom, beyond(jerry, [generator]));
}

/**
 * Time of processes that are none of ours, and time that a hypervisor took away; null where a side's own is not known.
 * A lower bound: where the kernel counts softirq time within our processes, that much of the others stays hidden.
 */
function strangersShare(
  cpu: CpuReading | undefined,
  server: number | null,
  generator: number | null,
): number | null {
  if (!cpu || server === null) return null;
  // The harness may sit on either side's core or on neither: its little time is taken off both.
  const harness = processPercent(cpu, (process) => process.host === 'harness') ?? 0;
  return worseOfHosts(cpu, server, generator, (cores, ours) => {
    // Two upper bounds: what ticks met outside of interrupts, and what was neither idle nor interrupt.
    const met = sum(cores.map((core) => core.userMs + core.systemMs + core.stealMs));
    const interrupts = sum(cores.map((core) => core.softirqMs + core.irqMs));
    const all = Math.min(met, busyMs(cpu, cores) - interrupts);
    return Math.max(0, (100 * all) / cpu.windowMs - sum([...ours, harness])) / (100 * cores.length);
  });
}

/**
 * User time of a host's cores that is none of ours; of the two hosts the worse. Interrupts are no user time, whomever they
 * meet, so nothing of the others hides behind them here: it is sharp for whoever computes, and blind for who does not.
 */
function strangersUserShare({ cpu, load }: RepeatRecord, knowsGenerator: boolean): number | null {
  if (!cpu || cpu.windowMs === 0) return null;
  const ofHost = (host: Process['host']): Times =>
    timesOf(cpu.processes.filter((process) => process.host === host));
  const generator = knowsGenerator && load?.cpu ? timesOf([load.cpu]) : null;
  return worseOfHosts(cpu, ofHost('tom'), generator, (cores, ours) => {
    const known = timesOf([...ours, ofHost('harness')]);
    const user = sum(cores.map(({ userMs }) => userMs)) - known.userMs;
    // No more than what the cores were busy with beside us: ticks can make too much of user time, idle time is exact.
    const rest = busyMs(cpu, cores) - known.userMs - known.systemMs;
    return Math.max(0, Math.min(user, rest)) / (cpu.windowMs * cores.length);
  });
}

function largestOf(...values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function stolenShare(cpu: CpuReading | undefined, ...hosts: readonly (readonly Core[])[]): number | null {
  if (!cpu || cpu.windowMs === 0 || hosts.every((cores) => cores.length === 0)) return null;
  const shares = hosts
    .filter((cores) => cores.length > 0)
    .map((cores) => sum(cores.map((core) => core.stealMs)) / (cpu.windowMs * cores.length));
  return Math.max(...shares);
}

/** Whether the generator had no CPU left in a cell, from the median of its repeats; null when that is not known. */
export function generatorHadNoCpuLeft(medianShare: number | null, sharedCores: boolean): boolean | null {
  if (medianShare === null) return null;
  return medianShare >= (sharedCores ? sharedCoreFullShare : generatorFullShare);
}
