import { join } from 'node:path';
import { digestFrom, supersededPlaces, type DigestedRun } from '../analysis/digest.ts';
import type { RepeatRecord } from '../core/record.ts';
import { forEachRecord, readManifest } from '../effects/results.ts';
import { digestJournal } from './digest-journal.ts';

/** A digested run and where it lies. */
export interface StoredDigest extends DigestedRun {
  readonly directory: string;
}

/** Reads a run for reports, and keeps of each record what these need. Throws UserError, as `readRun` does. */
export async function readDigest(directory: string): Promise<StoredDigest> {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  const journal = join(directory, 'records.ndjson');
  const { parts, torn } = await digestJournal(journal, manifest.scenario.probes);
  // Only when all is read it is known which attempts count: the others are read again, to take their times out.
  const superseded: RepeatRecord[] = [];
  for (const start of supersededPlaces(parts)) {
    await forEachRecord(journal, (record) => superseded.push(record), { start, end: start + 1 });
  }
  return { directory, ...digestFrom({ manifest, torn }, parts, superseded) };
}
