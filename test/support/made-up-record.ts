import hdr from 'hdr-histogram-js';
import type { PlannedRepeat } from '../../harness/core/manifest.ts';
import { recordSchema, type Distribution, type RepeatRecord } from '../../harness/core/record.ts';
import { traced, tracedSpeeds } from './made-up-traces.ts';

/** What a made-up server does at one concurrency; the tests choose it, nothing here was measured. */
export interface Behaviour {
  readonly requestsPerSecond: number;
  readonly overflows?: number;
  readonly generatorShare?: number;
  readonly stalled?: number;
}

function distribution(meanUs: number, count: number): Distribution {
  const histogram = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  const steps = [0.4, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.3, 1.6, 1.6];
  for (const step of count === 0 ? [] : steps) {
    histogram.recordValueWithCount(
      Math.max(1, Math.round(meanUs * step)),
      Math.max(1, Math.round(count / 10)),
    );
  }
  const maxUs = Math.max(1, Math.round(meanUs * 1.6));
  return { count: histogram.totalCount, meanUs, maxUs, hdr: hdr.encodeIntoCompressedBase64(histogram) };
}

/** The record with another count of requests in its window, and without the times that would not fit to it. */
export function withCount(record: RepeatRecord, succeeded: number): RepeatRecord {
  const load = record.load!;
  return { ...record, load: { ...load, window: { ...load.window, succeeded }, responseTime: null } };
}

/** A record as the harness would have written it, with all its sections. */
export function makeUpRecord(
  planned: PlannedRepeat,
  { requestsPerSecond, overflows = 0, generatorShare = 0.6, stalled = 0 }: Behaviour,
  deviation: number,
  sharedCore: boolean,
): RepeatRecord {
  const { cell } = planned;
  const rate = requestsPerSecond * deviation * (tracedSpeeds[planned.tracer ?? ''] ?? 1);
  const succeeded = Math.round(rate);
  const total = Math.round(rate * 1.2);
  const meanUs = rate > 0 ? ((cell.concurrency - stalled) / rate) * 1_000_000 : 0;
  const prefork = cell.variant.startsWith('epoll');
  const workers = Number(/-(\d+)$/.exec(cell.variant)?.[1] ?? 1);
  const busyMs = Math.min(950, rate / 16);
  const core = (index: number, hosts: ('tom' | 'jerry')[], busy: number, softirqMs: number) => ({
    core: index,
    hosts,
    userMs: busy * 0.3,
    systemMs: busy * 0.7,
    softirqMs,
    irqMs: 0,
    idleMs: Math.max(0, 1000 - busy - softirqMs),
    iowaitMs: 0,
    stealMs: 0,
  });
  const process = (role: 'only' | 'parent' | 'worker', slot: number, share: number) => ({
    role,
    slot,
    pid: 100 + slot,
    accepted: role === 'parent' ? 0 : Math.floor((total + 1) * share),
    answered:
      role === 'parent'
        ? 0
        : Math.floor(total * share) + (slot <= 1 ? total - Math.floor(total * share) * workers : 0),
    bytesSent: 66 * total,
    noticesSent: 0,
    noticesReceived: 0,
    emptyAccepts: 0,
    eagains: 0,
    errors: 0,
  });
  const processes = prefork
    ? [
        process('parent', 0, 0),
        ...Array.from({ length: workers }, (_, index) => process('worker', index + 1, 1 / workers)),
      ]
    : [process('only', 0, 1)];
  const accepted = processes.reduce((sum, one) => sum + one.accepted, 0);
  const generatorMs = 1000 * generatorShare - 150;
  const cost = cell.concurrency >= 10 ? 31 : 24;
  return recordSchema.parse({
    schema: 1,
    repeatId: planned.repeatId,
    pass: planned.pass,
    block: planned.block,
    position: planned.position,
    cell,
    status: 'ok',
    startedAt: `2026-11-23T21:05:${String(planned.position % 60).padStart(2, '0')}.000Z`,
    elapsedMs: 1900,
    warmupMs: planned.warmupMs,
    windowMs: planned.windowMs,
    load: {
      window: {
        durationMs: 1000,
        succeeded,
        failed: {},
        bytes: succeeded * 66,
        halves: [
          { durationMs: 500, succeeded: Math.floor(succeeded / 2) },
          { durationMs: 500, succeeded: Math.ceil(succeeded / 2) },
        ],
      },
      total: {
        started: total + stalled,
        connected: total,
        succeeded: total,
        failed: {},
        unanswered: stalled,
      },
      stalled: { count: stalled, connecting: stalled, oldestMs: stalled > 0 ? 900 : 0 },
      cpu: { userMs: generatorMs * 0.4, systemMs: generatorMs * 0.6 },
      connectTime: distribution(meanUs * 0.4, succeeded),
      responseTime: distribution(meanUs, succeeded),
      notes: [],
    },
    server: { respawns: 0, processes },
    kernel: {
      tom: {
        tcp: { PassiveOpens: accepted, ...(overflows > 0 ? { RetransSegs: overflows } : {}) },
        tcpExt: overflows > 0 ? { ListenOverflows: overflows, ListenDrops: overflows } : {},
      },
      jerry: { tcp: { ActiveOpens: total }, tcpExt: {} },
      separate: true,
    },
    cpu: {
      windowMs: 1000,
      processes: processes.map((one) => ({
        host: 'tom' as const,
        role: one.role,
        pid: one.pid,
        userMs: (busyMs * 0.3) / processes.length,
        systemMs: (busyMs * 0.7) / processes.length,
        runMs: busyMs / processes.length,
        waitMs: 5,
      })),
      cores: [
        core(0, ['tom'], busyMs * 0.75, busyMs * 0.25),
        core(1, sharedCore ? ['tom', 'jerry'] : ['jerry'], generatorMs, 150),
      ],
    },
    sockets: {
      tom: { inUse: 4, timeWait: 0, orphan: 0 },
      jerry: { inUse: 4, timeWait: Math.min(20_000, total), orphan: 0 },
      jerryPorts: { first: 1024, last: 60_999 },
    },
    ...(planned.tracer === undefined ? {} : traced(planned.tracer, prefork, total, cost)),
    raw: `raw/${planned.repeatId}.json.gz`,
  } satisfies Record<string, unknown>);
}
