import { constants, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../core/journal.ts';
import type { StoredRun } from './results.ts';
import { makeRunDirectory } from './run-store.ts';

/**
 * Writes a run that was joined of others: its manifest, its journal, and the raw output of each of their records, byte
 * for byte. Whole or not at all. Throws UserError where that can't be done.
 */
export async function writeMergedRun(
  directory: string,
  { manifest, records }: Pick<Run, 'manifest' | 'records'>,
  parts: readonly StoredRun[],
): Promise<void> {
  await makeRunDirectory(directory, manifest, async (unfinished) => {
    for (const part of parts) {
      for (const { raw } of part.records) {
        if (raw === undefined) continue;
        await copyFile(join(part.directory, raw), join(unfinished, raw), constants.COPYFILE_EXCL);
      }
    }
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    await writeFile(join(unfinished, 'records.ndjson'), lines.join(''), { flush: true });
  });
}
