import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mergeObstacles, mergeShards, missingShards } from '../analysis/merge.ts';
import { differenceText } from '../analysis/places.ts';
import { UserError } from '../core/errors.ts';
import { writeMergedRun } from '../effects/merged-run.ts';
import { readRun, type StoredRun } from '../effects/results.ts';
import { shownPath } from '../effects/shown-path.ts';

/** The run that came of some shards, and which of the plan's are not in it. */
export interface Merged {
  readonly directory: string;
  readonly of: number;
  readonly missing: readonly number[];
  readonly unfinished: readonly string[];
}

/**
 * Joins shards of one plan into a run below `resultsDir`. Throws UserError, and writes nothing, where one does not
 * belong to the others, is there twice, or, unless `partial`, where one is missing or ended early.
 */
export async function mergeRuns(
  directories: readonly string[],
  resultsDir: string,
  partial: boolean,
): Promise<Merged> {
  const runs: StoredRun[] = [];
  for (const directory of directories) runs.push(await readRun(directory));
  refuseStrangers(runs);
  const { of } = runs[0]!.manifest.shard!;
  const missing = missingShards(
    runs.map((run) => run.manifest.shard!.index),
    of,
  );
  const unfinished = runs
    .filter(({ manifest, torn }) => torn || manifest.completedAt === undefined)
    .map(({ directory }) => shownPath(directory));
  if (!partial) refuseGaps(missing, of, unfinished);
  const merged = mergeShards(runs);
  const directory = join(resultsDir, merged.manifest.scenario.name, merged.manifest.runId);
  if (existsSync(directory)) {
    throw new UserError(
      `${shownPath(directory)} is there already`,
      'take it away, or name another place with --out DIR',
    );
  }
  await writeMergedRun(directory, merged, runs);
  return { directory, of, missing, unfinished };
}

/** Names both runs and every field in which they differ. */
function refuseStrangers(runs: readonly StoredRun[]): void {
  const byIndex = new Map<number, StoredRun>();
  const [first] = runs as [StoredRun];
  for (const run of runs) {
    const { shard } = run.manifest;
    if (shard === undefined) {
      throw new UserError(
        `${shownPath(run.directory)} is no shard: it made a whole plan`,
        'measure each part with --shard i/n, and join those',
      );
    }
    const pair = `${shownPath(first.directory)} and ${shownPath(run.directory)}`;
    const obstacles = mergeObstacles(first.manifest, run.manifest);
    if (obstacles.length > 0) {
      throw new UserError(
        `${pair} do not belong together; what differs: ${obstacles.map(differenceText).join('; ')}`,
        'join only shards of one plan, measured with the same programs on machines of one kind',
      );
    }
    const twin = byIndex.get(shard.index);
    if (twin !== undefined) {
      throw new UserError(
        `${shownPath(twin.directory)} and ${shownPath(run.directory)} are both shard ${shard.index} of ${shard.of}`,
        'leave one of them out',
      );
    }
    byIndex.set(shard.index, run);
  }
}

function refuseGaps(missing: readonly number[], of: number, unfinished: readonly string[]): void {
  if (missing.length > 0) {
    throw new UserError(
      `of ${of} shards ${missing.length === 1 ? 'number' : 'numbers'} ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
      `measure what is missing with --shard ${missing[0]}/${of}, or join what is there with --partial`,
    );
  }
  if (unfinished.length === 0) return;
  throw new UserError(
    `${unfinished.join(', ')} ended early`,
    `go on with it: npx tsx harness/run.ts --resume ${unfinished[0]}; or join what is there with --partial`,
  );
}
