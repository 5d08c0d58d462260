import { throughput, type CpuReading, type RepeatRecord } from '../core/record.ts';
import { sum } from './statistics.ts';

/**
 * What kept processes from working within one repeat's window. Shares are of the window, added up over processes.
 * Null: not measured.
 */
export interface Waits {
  /** The server could have run, and had no core. */
  readonly serverWaitShare: number | null;
  readonly serverWaitUsPerRequest: number | null;
  /** It gave up its core, to wait for something. */
  readonly serverVoluntaryPerRequest: number | null;
  /** Its core was taken from it. */
  readonly serverInvoluntaryPerRequest: number | null;
  readonly generatorWaitShare: number | null;
  /** A control group with a quota held it back. */
  readonly serverThrottledShare: number | null;
  readonly generatorThrottledShare: number | null;
  /** Some task of the whole machine had to wait for the resource. */
  readonly cpuPressureShare: number | null;
  readonly ioPressureShare: number | null;
  readonly memoryPressureShare: number | null;
  /** Cores outside of both hosts that were busy on average. */
  readonly otherCoresBusy: number | null;
}

type Process = CpuReading['processes'][number];

export function waitsOf({ cpu, load }: RepeatRecord): Waits {
  const ofWindow = (ms: number | null | undefined): number | null =>
    cpu === undefined || cpu.windowMs === 0 || ms == null ? null : ms / cpu.windowMs;
  const requests = cpu && load ? (throughput(load) * cpu.windowMs) / 1000 : 0;
  const perRequest = (amount: number | null): number | null =>
    amount === null || requests === 0 ? null : amount / requests;
  const total = (host: Process['host'], pick: (process: Process) => number | undefined): number | null => {
    const values = cpu?.processes.filter((process) => process.host === host).map(pick) ?? [];
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? null : sum(known);
  };
  const serverWaitMs = total('tom', (process) => process.waitMs);
  return {
    serverWaitShare: ofWindow(serverWaitMs),
    serverWaitUsPerRequest: perRequest(serverWaitMs === null ? null : 1000 * serverWaitMs),
    serverVoluntaryPerRequest: perRequest(total('tom', (process) => process.voluntarySwitches)),
    serverInvoluntaryPerRequest: perRequest(total('tom', (process) => process.involuntarySwitches)),
    generatorWaitShare: ofWindow(total('jerry', (process) => process.waitMs)),
    serverThrottledShare: ofWindow(cpu?.throttled?.serverMs),
    generatorThrottledShare: ofWindow(cpu?.throttled?.generatorMs),
    cpuPressureShare: ofWindow(cpu?.pressure?.cpuMs),
    ioPressureShare: ofWindow(cpu?.pressure?.ioMs),
    memoryPressureShare: ofWindow(cpu?.pressure?.memoryMs),
    otherCoresBusy: cpu?.otherCoresBusy ?? null,
  };
}
