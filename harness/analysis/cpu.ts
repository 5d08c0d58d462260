import type { CpuReading, RepeatRecord } from '../core/record.ts';
import { sum } from './statistics.ts';

/** Where the generator has cores of its own: from this share of them on it had no CPU left. */
export const generatorFullShare = 0.9;
/** Where it shares them with the server: from this busy share on nobody on them had CPU left. */
export const sharedCoreFullShare = 0.95;

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
  /** How much of what it could use the generator used. */
  readonly generatorShare: number | null;
}

type Core = CpuReading['cores'][number];

function coresOf(cpu: CpuReading | undefined, host: 'tom' | 'jerry'): Core[] {
  return cpu?.cores.filter((core) => core.hosts.includes(host)) ?? [];
}

/** A task that waits in io_uring counts as iowait: such a core is as free as an idle one. */
function busyShare(cores: readonly Core[]): number | null {
  const freeMs = sum(cores.map((core) => core.idleMs + core.iowaitMs));
  const usedMs = sum(
    cores.map((core) => core.userMs + core.systemMs + core.softirqMs + core.irqMs + core.stealMs),
  );
  return freeMs + usedMs > 0 ? usedMs / (freeMs + usedMs) : null;
}

function softirqPercent(cpu: CpuReading | undefined, cores: readonly Core[]): number | null {
  if (!cpu || cores.length === 0 || cpu.windowMs === 0) return null;
  return (100 * sum(cores.map((core) => core.softirqMs))) / cpu.windowMs;
}

/** CPU time of Tom's processes of these roles; null when there are none. */
function serverPercent(cpu: CpuReading | undefined, isRole: (role: string) => boolean): number | null {
  const processes = cpu?.processes.filter((process) => process.host === 'tom' && isRole(process.role)) ?? [];
  if (!cpu || processes.length === 0 || cpu.windowMs === 0) return null;
  return (100 * sum(processes.map((process) => process.userMs + process.systemMs))) / cpu.windowMs;
}

function generatorPercent(record: RepeatRecord): number | null {
  const load = record.load;
  if (!load?.cpu || load.window.durationMs === 0) return null;
  return (100 * (load.cpu.userMs + load.cpu.systemMs)) / load.window.durationMs;
}

/** Whether Jerry has a core that Tom has too, as this repeat saw it. */
function sharesCores(cpu: CpuReading | undefined): boolean {
  return coresOf(cpu, 'jerry').some((core) => core.hosts.includes('tom'));
}

export function cpuUse(record: RepeatRecord): CpuUse {
  const cpu = record.cpu;
  const tomCores = coresOf(cpu, 'tom');
  const jerryCores = coresOf(cpu, 'jerry');
  const own = generatorPercent(record);
  const jerrySoftirq = softirqPercent(cpu, jerryCores);
  const jerryBusy = busyShare(jerryCores);
  return {
    serverPercent: serverPercent(cpu, () => true),
    parentPercent: serverPercent(cpu, (role) => role === 'parent'),
    workersPercent: serverPercent(cpu, (role) => role === 'worker'),
    tomSoftirqPercent: softirqPercent(cpu, tomCores),
    generatorPercent: own,
    jerrySoftirqPercent: jerrySoftirq,
    tomBusyShare: busyShare(tomCores),
    jerryBusyShare: jerryBusy,
    generatorShare:
      own === null || sharesCores(cpu)
        ? jerryBusy
        : generatorShare(own, jerrySoftirq, jerryCores.length, jerryBusy),
  };
}

/**
 * The generator's own time plus the softirq time of its cores, over what its cores could give. Kernels that account
 * interrupts by tick count softirq time within the interrupted process too; the busy share of the cores, which
 * counts nothing twice, is the upper bound.
 */
function generatorShare(
  ownPercent: number,
  softirq: number | null,
  cores: number,
  busy: number | null,
): number | null {
  if (cores === 0) return null;
  const share = (ownPercent + (softirq ?? 0)) / (100 * cores);
  return busy === null ? share : Math.min(share, busy);
}

/** Whether the generator had no CPU left in a cell, from the median of its repeats; null when that is not known. */
export function generatorHadNoCpuLeft(medianShare: number | null, sharedCores: boolean): boolean | null {
  if (medianShare === null) return null;
  return medianShare >= (sharedCores ? sharedCoreFullShare : generatorFullShare);
}
