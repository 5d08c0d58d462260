import {
  throughput,
  warmedUpMs,
  type KernelCounts,
  type LoadResult,
  type RepeatRecord,
} from '../core/record.ts';
import { cpuUse, type CpuUse } from './cpu.ts';
import { sum } from './statistics.ts';

/** What one timed repeat says, as numbers. Null: not measured; a failed repeat has no throughput. */
export interface RepeatAnalysis {
  readonly record: RepeatRecord;
  readonly ok: boolean;
  readonly requestsPerSecond: number | null;
  /** Requests that failed within the window. */
  readonly failedRequests: number | null;
  readonly stalled: number | null;
  /** Rate of the window's second half over that of its first. */
  readonly halvesRatio: number | null;
  /** Whether the rate was steady when the warm-up ended; null: nobody looked. */
  readonly settled: boolean | null;
  readonly overflows: number | null;
  readonly overflowsPerSecond: number | null;
  readonly drops: number | null;
  readonly dropsPerSecond: number | null;
  readonly retransmits: number | null;
  readonly retransmitsPerThousand: number | null;
  readonly serverAccepted: number | null;
  readonly serverAnswered: number | null;
  readonly passiveOpens: number | null;
  /** CPU time of a side, processes and softirq, for each request that succeeded. */
  readonly serverCpuUsPerRequest: number | null;
  readonly generatorCpuUsPerRequest: number | null;
  /** The harness looked for counters of the server, which keeps none. */
  readonly keepsNoCounters: boolean;
  readonly cpu: CpuUse;
}

/** `probes` are those that the scenario names. */
export function analyseRepeat(record: RepeatRecord, probes: readonly string[]): RepeatAnalysis {
  const ok = record.status === 'ok' && record.load !== undefined;
  const load = ok ? record.load : undefined;
  const overflows = counter(record.kernel, 'tcpExt', 'ListenOverflows');
  const drops = counter(record.kernel, 'tcpExt', 'ListenDrops');
  // The kernel's counters run through warm-up and window; during the drain no new connection is opened.
  const loadedSeconds = load ? (warmedUpMs(record) + load.window.durationMs) / 1000 : 0;
  const perSecond = (value: number | null): number | null =>
    value !== null && loadedSeconds > 0 ? value / loadedSeconds : null;
  const retransmits = retransmitted(record.kernel);
  const finished = load ? load.total.succeeded : 0;
  const cpu = cpuUse(record);
  const rate = load ? throughput(load) : null;
  const perRequestUs = (cores: number | null): number | null =>
    cores !== null && rate !== null && rate > 0 ? (cores * 1e6) / rate : null;
  return {
    record,
    ok,
    requestsPerSecond: rate,
    failedRequests: load ? sum(Object.values(load.window.failed)) : null,
    stalled: load?.stalled?.count ?? null,
    settled: load?.warmup?.settled ?? null,
    halvesRatio: load ? halvesRatio(load) : null,
    overflows,
    overflowsPerSecond: perSecond(overflows),
    drops,
    dropsPerSecond: perSecond(drops),
    retransmits,
    retransmitsPerThousand: retransmits !== null && finished > 0 ? (1000 * retransmits) / finished : null,
    serverAccepted: record.server ? sum(record.server.processes.map((process) => process.accepted)) : null,
    serverAnswered: record.server ? sum(record.server.processes.map((process) => process.answered)) : null,
    keepsNoCounters:
      ok &&
      !record.server &&
      probes.includes('counters') &&
      !record.unavailable.some(({ probe }) => probe === 'counters'),
    passiveOpens: counter(record.kernel, 'tcp', 'PassiveOpens'),
    serverCpuUsPerRequest: perRequestUs(cpu.serverCores),
    generatorCpuUsPerRequest: perRequestUs(cpu.generatorCores),
    cpu,
  };
}

/** A counter of Tom's network; counters that did not move are left out of the record, so absent means zero. */
function counter(kernel: KernelCounts | undefined, group: 'tcp' | 'tcpExt', name: string): number | null {
  return kernel ? (kernel.tom[group][name] ?? 0) : null;
}

/** Segments sent again by either side, SYNs included. Where Tom and Jerry share a namespace they read the same. */
function retransmitted(kernel: KernelCounts | undefined): number | null {
  if (!kernel) return null;
  const tom = kernel.tom.tcp['RetransSegs'] ?? 0;
  return kernel.separate ? tom + (kernel.jerry.tcp['RetransSegs'] ?? 0) : tom;
}

function halvesRatio(load: LoadResult): number | null {
  if (!load.window.halves) return null;
  const [first, second] = load.window.halves.map((half) =>
    half.durationMs > 0 ? half.succeeded / half.durationMs : 0,
  );
  return first! > 0 ? second! / first! : null;
}
