import hdr from 'hdr-histogram-js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Run } from '../../harness/core/journal.ts';
import { manifestSchema, type Manifest, type PlannedRepeat } from '../../harness/core/manifest.ts';
import { recordSchema, type Distribution, type RepeatRecord } from '../../harness/core/record.ts';
import { scenarioSchema, type ScenarioInput } from '../../harness/core/scenario.ts';

/** What a made-up server does at one concurrency; the tests choose it, nothing here was measured. */
export interface Behaviour {
  readonly requestsPerSecond: number;
  readonly overflows?: number;
  readonly generatorShare?: number;
  readonly stalled?: number;
}

export interface MadeUp {
  readonly scenario?: Partial<ScenarioInput>;
  readonly planName?: string;
  readonly blocks?: number;
  /** Largest relative deviation of a block from the behaviour's rate. */
  readonly noise?: number;
  readonly behaviour?: (variant: string, concurrency: number) => Behaviour;
  readonly sharedCore?: boolean;
  readonly runId?: string;
  readonly createdAt?: string;
  /** Changes, or with null leaves out, a finished record. */
  readonly adjust?: (record: RepeatRecord) => RepeatRecord | null;
  readonly adjustManifest?: (manifest: Manifest) => Manifest;
}

export const threeVariants: ScenarioInput['variants'] = [
  { id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial' },
  {
    id: 'epoll-prefork-1',
    label: 'epoll-prefork (1 worker)',
    plugin: 'epoll-prefork',
    params: { workers: 1 },
  },
  {
    id: 'epoll-prefork-2',
    label: 'epoll-prefork (2 workers)',
    plugin: 'epoll-prefork',
    params: { workers: 2 },
  },
];

/** Rates and overflows in the shape of the seed's story: the serial server leads until its queue overflows. */
export function seedLike(variant: string, concurrency: number): Behaviour {
  const serial = variant === 'blocking-serial';
  const climb = concurrency / (concurrency + 0.8);
  const overflowing = concurrency >= (serial ? 10 : 50);
  const top = serial ? (overflowing ? 11_000 : 16_000) : variant === 'epoll-prefork-1' ? 13_500 : 14_200;
  return {
    requestsPerSecond: Math.round(top * climb),
    overflows: overflowing ? concurrency * 12 : 0,
    generatorShare: concurrency >= 20 && !serial ? 0.96 : 0.6,
    stalled: serial && concurrency >= 1000 ? Math.round(concurrency / 50) : 0,
  };
}

export function madeUpRun(options: MadeUp = {}): Run {
  const scenario = scenarioSchema.parse({
    name: 'single-core',
    title: 'Three servers on one core',
    question: 'Which server answers more short connections, and what happens when its listen queue is full?',
    variants: threeVariants,
    baseline: 'blocking-serial',
    concurrencies: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 2500, 3000],
    hosts: { tomCores: 1 },
    plans: {
      full: { blocks: 5, windows: [{ fromConcurrency: 1, warmupMs: 500, windowMs: 2000 }] },
      quick: { blocks: 3, windows: [{ fromConcurrency: 1, warmupMs: 200, windowMs: 1000 }] },
    },
    traced: { concurrencies: [5, 10, 50], warmupMs: 200, windowMs: 1000 },
    seedTable: 'single-core',
    ...options.scenario,
  } satisfies ScenarioInput);
  const blocks = options.blocks ?? 3;
  const behaviour = options.behaviour ?? seedLike;
  const random = xoroshiro128plus(7);
  const noise = options.noise ?? 0.04;

  const repeats: PlannedRepeat[] = [];
  const records: RepeatRecord[] = [];
  const add = (
    pass: 'timed' | 'traced',
    block: number,
    variant: string,
    load: string,
    concurrency: number,
  ) => {
    const position = repeats.length + 1;
    const repeatId = `${pass === 'timed' ? `b${block}` : 'traced'}-${variant}-${load}-c${concurrency}`;
    const cell = { variant, load, concurrency, factors: {} };
    const planned: PlannedRepeat = {
      repeatId,
      pass,
      block,
      position,
      cell,
      warmupMs: 200,
      windowMs: 1000,
      drainMs: 300,
    };
    repeats.push(planned);
    const deviation = 1 + (noise * uniformInt(random, -1000, 1000)) / 1000;
    const record = makeRecord(
      planned,
      behaviour(variant, concurrency),
      deviation,
      options.sharedCore === true,
    );
    const adjusted = options.adjust ? options.adjust(record) : record;
    if (adjusted) records.push(adjusted);
  };
  for (let block = 1; block <= blocks; block++) {
    for (const load of scenario.loads) {
      for (const variant of scenario.variants) {
        for (const c of scenario.concurrencies) add('timed', block, variant.id, load.id, c);
      }
    }
  }
  for (const load of scenario.loads) {
    for (const variant of scenario.variants) {
      for (const c of scenario.traced?.concurrencies ?? []) add('traced', 0, variant.id, load.id, c);
    }
  }

  const host = (address: string, cores: number[]) => ({
    address,
    cores,
    receiveCores: cores,
    sysctls: { 'net.core.somaxconn': '4096', 'net.ipv4.tcp_syncookies': '1' },
  });
  const manifest = manifestSchema.parse({
    schema: 1,
    runId: options.runId ?? '20261123-210500-quick',
    createdAt: options.createdAt ?? '2026-11-23T21:05:00.000Z',
    command: ['--scenario', scenario.name, '--quick'],
    scenario,
    planName: options.planName ?? 'quick',
    randomSeed: 1,
    estimatedMs: 180_000,
    repeats,
    environment: {
      hostKind: 'netns',
      hostNote: null,
      sharedCores: options.sharedCore === true ? [1] : [],
      harnessCores: [1],
      tom: host('192.168.56.2', options.sharedCore === true ? [0, 1] : [0]),
      jerry: host('192.168.56.3', [1]),
      kernel: '6.1.0-made-up',
      operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
      cpuModel: 'Made-up CPU',
      cpuCount: 2,
      memoryMb: 4096,
      virtualization: null,
      mitigations: { spectre_v2: 'Mitigation: Retpolines' },
      root: true,
    },
    git: { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false },
    programs: { 'blocking-serial': 'ab'.repeat(32), 'epoll-prefork': 'cd'.repeat(32) },
    versions: { node: 'v20.20.2', strace: '6.1' },
    changes: ['two network namespaces, joined by a veth pair'],
  });
  return {
    manifest: options.adjustManifest ? options.adjustManifest(manifest) : manifest,
    records,
    torn: false,
  };
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

function makeRecord(
  planned: PlannedRepeat,
  { requestsPerSecond, overflows = 0, generatorShare = 0.6, stalled = 0 }: Behaviour,
  deviation: number,
  sharedCore: boolean,
): RepeatRecord {
  const { cell } = planned;
  const rate = requestsPerSecond * deviation * (planned.pass === 'traced' ? 0.25 : 1);
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
    ...(planned.pass === 'traced'
      ? {
          syscalls: [
            {
              tool: 'strace -c -f',
              clock: 'system',
              rows: [
                { syscall: 'writev', calls: total, errors: 0, timeUs: total * cost },
                { syscall: 'close', calls: total, errors: 0, timeUs: total * (cost - 4) },
                { syscall: 'accept', calls: total + 1, errors: 0, timeUs: total * 3 },
                { syscall: 'recvfrom', calls: total, errors: 0, timeUs: total * 4 },
                { syscall: 'brk', calls: 3, errors: 0, timeUs: 12 },
              ],
            },
          ],
        }
      : {}),
    raw: `raw/${planned.repeatId}.json.gz`,
  } satisfies Record<string, unknown>);
}
