import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { messageOf, UserError } from '../core/errors.ts';
import { manifestSchema, type Manifest } from '../core/manifest.ts';
import { recordSchema, type RepeatRecord } from '../core/record.ts';
import { makeDirectories, writeWhole } from './output-files.ts';

/** A run's directory: `manifest.json`, `records.ndjson` and `raw/`. */
export interface RunStore {
  readonly directory: string;
  append(outcome: { record: RepeatRecord; raw: Record<string, string> }): Promise<RepeatRecord>;
  close(): Promise<void>;
}

/** Makes the place where runs go, before anything is done that would be for nothing. Throws UserError. */
export async function makeRoomFor(directory: string): Promise<void> {
  await writing(directory, () => makeDirectories(directory));
}

async function writing(directory: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new UserError(
      `${directory} cannot be written: ${messageOf(error)}`,
      'name another place with --out DIR',
    );
  }
}

/** Creates the directory and writes the manifest, whole or not at all. Throws UserError where that can't be done. */
export async function createRun(directory: string, manifest: Manifest): Promise<RunStore> {
  const text = `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
  await writing(directory, async () => {
    await makeDirectories(join(directory, 'raw'));
    await writeWhole(join(directory, 'manifest.json'), text);
  });
  const journal = await open(join(directory, 'records.ndjson'), 'ax');
  return {
    directory,
    // Raw output first, so that a record never names a file that is not there.
    async append({ record, raw }) {
      const file = join('raw', `${record.repeatId}.json.gz`);
      await writeRaw(join(directory, file), raw);
      const complete = recordSchema.parse({ ...record, raw: file });
      await appendLine(journal, JSON.stringify(complete));
      return complete;
    },
    close: () => journal.close(),
  };
}

/** One line, in one write, on disk before the promise resolves. */
async function appendLine(journal: FileHandle, line: string): Promise<void> {
  await journal.appendFile(`${line}\n`);
  await journal.datasync();
}

/** The raw output of one repeat: a JSON object from names such as `tom/netstat-s.before.txt` to texts, gzipped. */
async function writeRaw(path: string, raw: Record<string, string>): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeWhole(path, await promisify(gzip)(JSON.stringify(sorted, null, 1), { level: 9 }));
}
