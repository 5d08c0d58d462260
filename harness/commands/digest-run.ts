import { join } from 'node:path';
import { lastAttempts } from '../analysis/attempts.ts';
import { Digester, type DigestedRun } from '../analysis/digest.ts';
import { forEachRecord, readManifest } from '../effects/results.ts';

/** A digested run and where it lies. */
export interface StoredDigest extends DigestedRun {
  readonly directory: string;
}

/** Reads a run for reports, and keeps of each record what these need. Throws UserError, as `readRun` does. */
export async function readDigest(directory: string): Promise<StoredDigest> {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  const journal = join(directory, 'records.ndjson');
  const digester = new Digester(manifest.scenario.probes);
  const starts: number[] = [];
  const torn = await forEachRecord(journal, (record, startByte) => {
    if (digester.take(record)) starts.push(startByte);
  });
  await forgetSuperseded(digester, journal, starts);
  const { timed, times, remarks, others } = digester;
  return { directory, manifest, torn, timed, times, remarks, others };
}

/** Only when all is read it is known which attempts count: the times of the others are read again, to take them out. */
async function forgetSuperseded(
  digester: Digester,
  journal: string,
  starts: readonly number[],
): Promise<void> {
  const counted = new Set(lastAttempts(digester.timed.map(({ record }) => record)));
  if (counted.size === digester.timed.length) return;
  for (const [at, { record }] of digester.timed.entries()) {
    if (counted.has(record)) continue;
    const start = starts[at]!;
    await forEachRecord(journal, (superseded) => digester.supersede(superseded), { start, end: start + 1 });
  }
}
