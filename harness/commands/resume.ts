import { join, relative, resolve } from 'node:path';
import { differences as valueDifferences } from '../analysis/differences.ts';
import {
  differenceText,
  machineDifferences,
  programDifferences,
  scenarioDifferences,
  systemDifferences,
} from '../analysis/places.ts';
import { isTooShort } from '../core/attempts.ts';
import { UserError } from '../core/errors.ts';
import type { Manifest, PlannedRepeat } from '../core/manifest.ts';
import type { RepeatRecord } from '../core/record.ts';
import { projectRoot } from '../effects/machine.ts';
import { findRuns, readRun, type StoredRun } from '../effects/results.ts';
import { shownPath } from '../effects/shown-path.ts';
import { runCommand, type RunOptions } from './run-options.ts';

/** What may stand beside --resume: all else is the run's own. */
const besideResume: readonly (keyof RunOptions)[] = [
  'resume',
  'explain',
  'scenario',
  'out',
  'progress',
  'onLostHost',
  'json',
  'dryRun',
];

/** The run that is to be gone on with. Throws UserError where there is none, or nothing is left of it to do. */
export async function runToResume(options: RunOptions): Promise<StoredRun> {
  const other = (Object.keys(options) as (keyof RunOptions)[]).find((name) => !besideResume.includes(name));
  if (other !== undefined) {
    throw new UserError(
      `--resume goes on with a run as it was begun; --${dashed(other)} cannot change that`,
      'leave it out, or begin another run without --resume',
    );
  }
  if (typeof options.resume === 'string') return unfinished(await readRun(resolve(options.resume)));
  const resultsDir = join(resolve(options.out ?? projectRoot), 'results');
  const wanted = options.scenario;
  const directories = (await findRuns(resultsDir)).filter(
    (directory) => wanted === undefined || relative(resultsDir, directory).startsWith(`${wanted}/`),
  );
  // Their names begin with the time.
  for (const directory of directories.sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1))) {
    const run = await readRun(directory);
    if (!isComplete(run)) return unfinished(run);
  }
  throw new UserError(
    `no run${wanted === undefined ? '' : ` of ${wanted}`} below ${shownPath(resultsDir)} ended early`,
    'name the run: --resume results/<scenario>/<run>',
  );
}

const nameOf = (directory: string): string => directory.slice(directory.lastIndexOf('/') + 1);
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Of one that was joined of shards nothing is left to do here. A run of schema version 1 did not say when it was complete. */
function isComplete({ manifest, records }: StoredRun): boolean {
  if (manifest.merged !== undefined) return true;
  if (manifest.completedAt !== undefined) return true;
  return manifest.schema === 1 && manifest.repeats.length <= new Set(records.map(idOf)).size;
}

function unfinished(run: StoredRun): StoredRun {
  if (run.manifest.merged !== undefined) {
    throw new UserError(
      `${shownPath(run.directory)} was joined of shards, which were measured elsewhere`,
      'go on with the shard that ended early where it was measured, and join them again',
    );
  }
  if (isComplete(run)) {
    throw new UserError(
      `${shownPath(run.directory)} is complete: nothing is left to measure`,
      'begin another run without --resume',
    );
  }
  if (run.manifest.schema === 1) {
    throw new UserError(
      `${shownPath(run.directory)} was begun by an older forkbench, which measured otherwise`,
      'begin another run without --resume',
    );
  }
  return run;
}

const idOf = ({ repeatId }: { readonly repeatId: string }): string => repeatId;

/** The options that the run was begun with, and where its results are. */
export function optionsOfRun({ directory, manifest }: StoredRun, now: RunOptions): RunOptions {
  const command = runCommand().exitOverride();
  command.parse([...manifest.command], { from: 'user' });
  return {
    ...command.opts(),
    seed: manifest.randomSeed,
    progress: now.progress,
    ...(now.onLostHost === undefined ? {} : { onLostHost: now.onLostHost }),
    ...(now.dryRun === undefined ? {} : { dryRun: now.dryRun }),
    out: resolve(directory, '..', '..', '..'),
    ...(now.json === undefined ? {} : { json: now.json }),
  };
}

/** What a user must know who goes on with a run: how far it is, in a line. */
export function resumeLine({ directory, manifest, records, torn }: StoredRun): string {
  const done = new Set(records.map(idOf)).size;
  const cut = torn ? '; its journal ends in the middle of a record, which does not count' : '';
  return `going on with ${shownPath(directory)}: ${done} of ${manifest.repeats.length} repeats are measured${cut}`;
}

/** Why each repeat of a run is made again, or not; a line each. */
export function explainResume({ manifest, records, torn }: StoredRun): string[] {
  const byId = new Map(records.map((record) => [record.repeatId, record]));
  const width = Math.max(...manifest.repeats.map(({ repeatId }) => repeatId.length));
  const lines = manifest.repeats.map((planned) => {
    const record = byId.get(planned.repeatId);
    const why = record ? keptBecause(record, planned) : madeBecause(planned, manifest, torn);
    return `  ${planned.repeatId.padEnd(width)}  ${why}`;
  });
  return manifest.precision === undefined
    ? lines
    : [
        ...lines,
        '  further blocks as the figures call for them, until the precision is reached or the time is up',
      ];
}

function keptBecause(record: RepeatRecord, planned: PlannedRepeat): string {
  if (record.failure?.hostLost === true) return `again: ${record.failure.message}`;
  if (record.status === 'failed') {
    return `kept: it failed (${record.failure?.message ?? 'no reason given'}), which is a result`;
  }
  if (isTooShort(record, planned)) {
    return 'again: its listen queue overflowed, which takes a longer window';
  }
  return `kept: measured at ${record.startedAt}`;
}

function madeBecause({ repeatId }: PlannedRepeat, { attempts }: Manifest, torn: boolean): string {
  const latest = attempts.findLast((attempt) => attempt.repeatId === repeatId);
  if (latest === undefined) return 'to be made: the run ended before it';
  const lost = torn
    ? 'its record was cut off when the run ended'
    : 'the run ended before its record was written';
  return `again: begun at ${latest.startedAt}, but ${lost}`;
}

/** What differs between a run as it was begun and as it would be gone on with: a line each. */
function differences(begun: Manifest, now: Manifest): string[] {
  const scenario = scenarioDifferences(begun, now);
  const planned = begun.repeats.slice(0, now.repeats.length);
  const isSamePlan = scenario.length > 0 || valueDifferences(planned, now.repeats, 'repeats').length === 0;
  return [
    ...[
      ...machineDifferences(begun.environment, now.environment),
      ...systemDifferences(begun.environment, now.environment),
      ...programDifferences(begun, now),
      ...scenario,
    ].map(differenceText),
    ...(isSamePlan ? [] : ['the plan of repeats']),
  ];
}

/** Throws UserError that names what differs: figures of two machines, programs or plans are not one run. */
export function refuseDifferences(begun: Manifest, now: Manifest): void {
  const found = differences(begun, now);
  if (found.length === 0) return;
  throw new UserError(
    `the run was begun otherwise; what differs: ${found.join('; ')}`,
    'restore that, or begin another run without --resume',
  );
}
