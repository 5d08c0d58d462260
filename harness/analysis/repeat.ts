import { messageOf, UserError } from '../core/errors.ts';
import {
  cellId,
  throughput,
  warmedUpMs,
  type Claims,
  type KernelCounts,
  type LoadResult,
  type Packets,
  type RepeatRecord,
  type ServerCounts,
  type Standstill,
} from '../core/record.ts';
import { callFigures, type CallFigures } from './calls.ts';
import { cpuUse, type CpuUse } from './cpu.ts';
import { factsOf, type Facts } from './facts.ts';
import { decodeTimes, type DecodedTimes, type Percentiles } from './histogram.ts';
import { linkRates, type LinkRates } from './link.ts';
import { openLoopFigures, type OpenLoopFigures } from './open-loop.ts';
import { queueFigures, type QueueFigures } from './queue.ts';
import { socketFigures, type SocketFigures } from './sockets.ts';
import { present, sum } from './statistics.ts';
import { waitsOf, type Waits } from './waits.ts';
import { workersOf, type WorkerFigures } from './workers.ts';

/** What a record says of its repeat beside figures. */
export type RecordHead = Pick<
  RepeatRecord,
  | 'repeatId'
  | 'block'
  | 'position'
  | 'cell'
  | 'status'
  | 'failure'
  | 'startedAt'
  | 'elapsedMs'
  | 'warmupMs'
  | 'windowMs'
  | 'raw'
>;

/** What one timed repeat says, as numbers. Null: not measured; a failed repeat has no throughput. */
export interface RepeatAnalysis {
  readonly record: RecordHead;
  readonly ok: boolean;
  /** Within the window. */
  readonly succeeded: number | null;
  readonly measuredMs: number | null;
  readonly requestsPerSecond: number | null;
  /** Requests that failed within the window. */
  readonly failedRequests: number | null;
  /** Of the load's whole life: requests that failed after they had a connection. */
  readonly totalFailed: number | null;
  /** How long the load opened connections: warm-up and window. */
  readonly loadedMs: number | null;
  readonly stalled: number | null;
  readonly oldestStalledMs: number | null;
  /** From the start of the load to its end, by the load; with what the server may have seen beyond that. */
  readonly totalSucceeded: number | null;
  readonly totalUnfinished: number | null;
  /** Connections on which at least one request succeeded. */
  readonly totalConnections: number | null;
  /** Requests that succeeded, for each such connection: 1 where each had its own. */
  readonly requestsPerConnection: number | null;
  /** Requests that were sent again, since the server had closed their connection before. */
  readonly reconnects: number;
  readonly responseTime: Percentiles | null;
  readonly connectTime: Percentiles | null;
  /** Of load at a fixed rate; null: it was a closed loop. */
  readonly openLoop: OpenLoopFigures | null;
  /** From the planned to the actual start of requests that did not wait for a connection. */
  readonly scheduleError: Percentiles | null;
  /** Rate of the window's second half over that of its first. */
  readonly halvesRatio: number | null;
  /** Whether the rate was steady when the warm-up ended; null: nobody looked. */
  readonly settled: boolean | null;
  readonly overflows: number | null;
  readonly overflowsPerSecond: number | null;
  readonly drops: number | null;
  readonly dropsPerSecond: number | null;
  readonly retransmits: number | null;
  /** By Tom's kernel, which opens no connection, so that it repeats nothing else of a handshake; null: shared with Jerry. */
  readonly synAcksSentAgain: number | null;
  readonly retransmitsPerThousand: number | null;
  readonly serverAccepted: number | null;
  readonly serverAnswered: number | null;
  /** Accepts that found nobody; reads and writes that would have blocked. */
  readonly emptyAccepts: number | null;
  readonly eagains: number | null;
  readonly passiveOpens: number | null;
  /** Whether the kernel counted the server's connections alone. */
  readonly countsApart: boolean;
  /** Processes of the server that had to be started again. */
  readonly respawns: number | null;
  /** CPU time of a side, processes and softirq, for each request that succeeded. */
  readonly serverCpuUsPerRequest: number | null;
  readonly generatorCpuUsPerRequest: number | null;
  /** The harness looked for counters of the server, which keeps none. */
  readonly keepsNoCounters: boolean;
  /** For how long CPU times were watched. */
  readonly watchedMs: number | null;
  /** What harness and samplers used of one core's time. */
  readonly harnessShare: number | null;
  readonly samplersShare: number | null;
  readonly cpu: CpuUse;
  readonly waits: Waits;
  readonly link: LinkRates;
  readonly queue: QueueFigures;
  readonly sockets: SocketFigures;
  readonly calls: CallFigures;
  readonly standstill: Standstill | null;
  readonly packets: Packets | null;
  /** Where several hosts made the load: the part of each. */
  readonly jerries: LoadResult['jerries'] | null;
  /** What the tool of somebody else says itself. */
  readonly claims: Claims | null;
  readonly facts: Facts;
  readonly workers: readonly WorkerFigures[];
}

/** The histograms of a repeat, decoded. Only a good repeat has any. */
export interface RepeatTimes {
  readonly response: DecodedTimes | null;
  readonly connect: DecodedTimes | null;
  readonly scheduleError: DecodedTimes | null;
}

const loadOf = ({ status, load }: RepeatRecord): LoadResult | undefined =>
  status === 'ok' ? load : undefined;

/** Throws UserError where a histogram cannot be decoded. */
export function timesOf(record: RepeatRecord): RepeatTimes {
  const load = loadOf(record);
  try {
    return {
      response: decodeTimes(load?.responseTime),
      connect: decodeTimes(load?.connectTime),
      scheduleError: decodeTimes(load?.openLoop?.scheduleError),
    };
  } catch (error) {
    throw new UserError(
      `a histogram of cell ${cellId(record.cell)} cannot be decoded: ${messageOf(error)}`,
      'the journal is damaged there; measure the run again, or restore its records.ndjson',
    );
  }
}

/** `probes` are those that the scenario names. */
export function analyseRepeat(
  record: RepeatRecord,
  probes: readonly string[],
  times: RepeatTimes = timesOf(record),
): RepeatAnalysis {
  const load = loadOf(record);
  const ok = load !== undefined;
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
    record: headOf(record),
    ok,
    succeeded: load?.window.succeeded ?? null,
    measuredMs: load?.window.durationMs ?? null,
    requestsPerSecond: rate,
    failedRequests: load ? sum(Object.values(load.window.failed)) : null,
    totalFailed: load ? failedConnected(load) : null,
    loadedMs: load ? loadedSeconds * 1000 : null,
    stalled: load?.stalled?.count ?? null,
    oldestStalledMs: record.load?.stalled?.oldestMs ?? null,
    totalSucceeded: load?.total.succeeded ?? null,
    totalUnfinished: load ? unfinished(record, load) : null,
    totalConnections: load ? connectionsOf(load) : null,
    requestsPerConnection:
      load && connectionsOf(load) > 0 ? load.total.succeeded / connectionsOf(load) : null,
    reconnects: load?.connectionUse?.reconnects ?? 0,
    responseTime: times.response?.percentiles ?? null,
    connectTime: times.connect?.percentiles ?? null,
    openLoop: load?.openLoop ? openLoopFigures(load.openLoop) : null,
    scheduleError: times.scheduleError?.percentiles ?? null,
    settled: load?.warmup?.settled ?? null,
    halvesRatio: load ? halvesRatio(load) : null,
    overflows,
    overflowsPerSecond: perSecond(overflows),
    drops,
    dropsPerSecond: perSecond(drops),
    retransmits,
    synAcksSentAgain: record.kernel?.separate ? counter(record.kernel, 'tcpExt', 'TCPSynRetrans') : null,
    retransmitsPerThousand: retransmits !== null && finished > 0 ? (1000 * retransmits) / finished : null,
    serverAccepted: counted(record.server, 'accepted'),
    serverAnswered: counted(record.server, 'answered'),
    emptyAccepts: counted(record.server, 'emptyAccepts'),
    eagains: counted(record.server, 'eagains'),
    keepsNoCounters:
      ok &&
      !record.server &&
      probes.includes('counters') &&
      !record.unavailable.some(({ probe }) => probe === 'counters'),
    passiveOpens: counter(record.kernel, 'tcp', 'PassiveOpens'),
    serverCpuUsPerRequest: perRequestUs(cpu.serverCores),
    generatorCpuUsPerRequest: perRequestUs(cpu.generatorCores),
    countsApart: record.kernel?.separate === true,
    respawns: record.server?.respawns ?? null,
    watchedMs: record.cpu?.windowMs ?? null,
    harnessShare: harnessShare(record),
    samplersShare: samplersShare(record),
    cpu,
    waits: waitsOf(record),
    link: linkRates(record),
    queue: queueFigures(record),
    sockets: socketFigures(record),
    calls: callFigures(record),
    standstill: record.standstill ?? null,
    packets: record.packets ?? null,
    jerries: load?.jerries ?? null,
    claims: load?.claims ?? null,
    facts: factsOf(record),
    workers: workersOf(record),
  };
}

/** Of all processes of the server together. */
const counted = (
  server: ServerCounts | undefined,
  what: 'accepted' | 'answered' | 'emptyAccepts' | 'eagains',
): number | null => (server ? sum(server.processes.map((process) => process[what])) : null);

function headOf(record: RepeatRecord): RecordHead {
  const { repeatId, block, position, cell, status, failure, startedAt, elapsedMs, warmupMs, windowMs, raw } =
    record;
  return { repeatId, block, position, cell, status, failure, startedAt, elapsedMs, warmupMs, windowMs, raw };
}

/** Requests that may have reached the server without an answer that counts. */
function unfinished({ cell }: RepeatRecord, { total }: LoadResult): number {
  return (total.unanswered ?? cell.concurrency) + sum(Object.values(total.failed));
}

const connectionsOf = ({ total, connectionUse }: LoadResult): number =>
  total.succeeded - (connectionUse?.reused ?? 0);

/** Causes by which a request fails before it has a connection. */
const unconnected = new Set(['connect', 'connectRefused', 'connectTimedOut', 'noLocalPort']);

const failedConnected = ({ total }: LoadResult): number =>
  sum(Object.entries(total.failed).flatMap(([cause, count]) => (unconnected.has(cause) ? [] : [count])));

function harnessShare({ cpu }: RepeatRecord): number | null {
  const harness = cpu?.processes.filter(({ host }) => host === 'harness') ?? [];
  if (!cpu || harness.length === 0 || cpu.windowMs === 0) return null;
  return sum(harness.map(({ runMs }) => runMs)) / cpu.windowMs;
}

function samplersShare(record: RepeatRecord): number | null {
  const { acceptQueue, cpu, sockets } = record;
  const ms = present([acceptQueue?.samplerCpuMs, sockets?.samplersCpuMs]);
  return ms.length === 0 || !cpu || cpu.windowMs === 0 ? null : sum(ms) / (cpu.windowMs + warmedUpMs(record));
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
