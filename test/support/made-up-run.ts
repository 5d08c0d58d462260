import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Run } from '../../harness/core/journal.ts';
import { manifestSchema, type Manifest, type PlannedRepeat } from '../../harness/core/manifest.ts';
import type { RepeatRecord } from '../../harness/core/record.ts';
import { scenarioSchema, type ScenarioInput } from '../../harness/core/scenario.ts';
import { makeUpRecord, type Behaviour } from './made-up-record.ts';

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

const threeVariants: ScenarioInput['variants'] = [
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
function seedLike(variant: string, concurrency: number): Behaviour {
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
    loads: [{ id: 'epoll' }],
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
    tracer?: string,
  ) => {
    const position = repeats.length + 1;
    const repeatId = `${tracer ?? `b${block}`}-${variant}-${load}-c${concurrency}`;
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
      ...(tracer === undefined ? {} : { tracer }),
    };
    repeats.push(planned);
    const deviation = 1 + (noise * uniformInt(random, -1000, 1000)) / 1000;
    const record = makeUpRecord(
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
      for (const c of scenario.traced?.concurrencies ?? []) {
        for (const tracer of scenario.tracers) add('traced', 0, variant.id, load.id, c, tracer);
      }
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
