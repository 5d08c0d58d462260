import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../harness/core/journal.ts';

/** Leaves a run in `directory` as the harness would have, but for the raw output. */
export async function writeRun(directory: string, { manifest, records }: Run): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
  await writeFile(
    join(directory, 'records.ndjson'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}
