import type { Run } from '../core/journal.ts';
import type { Manifest, MergedShard, Shard } from '../core/manifest.ts';
import type { RepeatRecord } from '../core/record.ts';
import { machineDifferences, programDifferences, scenarioDifferences, type Difference } from './places.ts';
import { compareText } from './attempts.ts';

/*
 * Shards of one plan, each measured on a machine of its own, as one run. Only shards from machines of one kind are
 * joined: the analysis takes all blocks for observations of the same thing.
 */

/** What keeps a run from being joined with the first one: a field and both values. Empty where nothing does. */
export function mergeObstacles(first: Manifest, other: Manifest): Difference[] {
  const scenario = scenarioDifferences(first, other);
  return [
    ...valueOf('schema version', first.schema, other.schema),
    ...scenario,
    ...valueOf('name of the plan', first.planName, other.planName),
    ...valueOf('random seed', first.randomSeed, other.randomSeed),
    ...valueOf('number of shards', first.shard?.of, other.shard?.of),
    // Any of the above makes another plan: it would be said twice.
    ...(scenario.length > 0 || first.randomSeed !== other.randomSeed || first.planName !== other.planName
      ? []
      : valueOf('plan', first.shard?.plan.slice(0, 12), other.shard?.plan.slice(0, 12))),
    ...programDifferences(first, other),
    ...machineDifferences(first.environment, other.environment),
    ...valueOf('kernel', first.environment.kernel, other.environment.kernel),
    ...valueOf('kernels of the hosts', hostKernels(first), hostKernels(other)),
  ];
}

function valueOf(name: string, first?: string | number, second?: string | number): Difference[] {
  return first === second ? [] : [{ name, first: String(first ?? 'none'), second: String(second ?? 'none') }];
}

/** Of hosts that are other machines than that of the harness. */
const hostKernels = ({ environment: { hosts } }: Manifest): string | undefined =>
  hosts?.map(({ role, kernel }) => `${role} ${kernel}`).join(', ');

/** The numbers of the shards that a plan was dealt out to and that are not among these. */
export function missingShards(indexes: readonly number[], of: number): number[] {
  return Array.from({ length: of }, (_, at) => at + 1).filter((index) => !indexes.includes(index));
}

const shardOf = ({ manifest }: Run): Shard => manifest.shard!;

/** One run of several shards that have no obstacle, in the order of their numbers. */
export function mergeShards(runs: readonly Run[]): Pick<Run, 'manifest' | 'records'> {
  const sorted = [...runs].sort((a, b) => shardOf(a).index - shardOf(b).index);
  const manifests = sorted.map(({ manifest }) => manifest);
  const [first] = manifests as [Manifest];
  const { of } = first.shard!;
  const missing = missingShards(
    manifests.map(({ shard }) => shard!.index),
    of,
  );
  const latest = manifests
    .map(({ createdAt }) => createdAt)
    .sort(compareText)
    .at(-1)!;
  const completedAt = manifests.map((manifest) => manifest.completedAt ?? '').sort(compareText);
  const isComplete = missing.length === 0 && completedAt[0] !== '';
  const { shard: _, completedAt: __, precision: ___, ...common } = first;
  const manifest: Manifest = {
    ...common,
    runId: mergedId(first, latest, missing),
    createdAt: latest,
    command: first.command,
    estimatedMs: manifests.reduce((total, { estimatedMs }) => total + estimatedMs, 0),
    repeats: inOrder(manifests.flatMap(({ repeats }) => repeats)),
    attempts: manifests.flatMap(({ attempts }) => attempts),
    resumed: manifests.flatMap(({ resumed }) => resumed),
    ...(isComplete ? { completedAt: completedAt.at(-1)! } : {}),
    notes: distinct(manifests.flatMap(({ notes }) => notes)),
    changes: distinct(manifests.flatMap(({ changes }) => changes)),
    merged: { of, shards: manifests.map(mergedShard) },
  };
  return { manifest, records: inOrder(sorted.flatMap(({ records }) => records)) };
}

/** `...-quick-epoll-shards-of-4`; where some are missing `...-shards-1-3-of-4`. It sorts after its shards' names. */
function mergedId(
  { planName, scenario, shard }: Manifest,
  createdAt: string,
  missing: readonly number[],
): string {
  const time = createdAt.slice(0, 19).replaceAll(':', '-');
  const all = Array.from({ length: shard!.of }, (_, at) => at + 1);
  const present = missing.length === 0 ? [] : all.filter((index) => !missing.includes(index));
  const loads = scenario.loads.map(({ id }) => id);
  return [time, planName, ...loads, 'shards', ...present, 'of', shard!.of].join('-');
}

function mergedShard({
  shard,
  runId,
  createdAt,
  command,
  environment,
  git,
  versions,
}: Manifest): MergedShard {
  return { index: shard!.index, runId, createdAt, command, environment, git, versions };
}

/** Ceilings, then blocks, then traced repeats; within each as they were. */
function inOrder<Item extends Pick<RepeatRecord, 'pass' | 'block'>>(items: readonly Item[]): Item[] {
  const turn = ({ pass }: Item): number => ['ceiling', 'timed', 'traced'].indexOf(pass);
  return [...items].sort((a, b) => turn(a) - turn(b) || a.block - b.block);
}

const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];
