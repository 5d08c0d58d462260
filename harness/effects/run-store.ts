import { mkdir, open, readdir, realpath, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { attemptName, outcomeBy } from '../core/attempts.ts';
import { messageOf, UserError } from '../core/errors.ts';
import { manifestSchema, type Attempt, type Manifest, type PlannedRepeat } from '../core/manifest.ts';
import { recordSchema, type RepeatRecord } from '../core/record.ts';
import { runLockName, takeLock, type Lock } from './lock.ts';
import { makeDirectories, removeAll, removeFile, temporaryPath, writeWhole } from './output-files.ts';
import { readRun, type StoredRun } from './results.ts';
import { shownPath } from './shown-path.ts';

/**
 * A run's directory while it is measured: `manifest.json`, `records.ndjson` and `raw/`. Each promise resolves when what
 * it stands for is on the disk, and rejects with a UserError when it could not be written: then nothing of it is there.
 */
export interface RunStore {
  readonly directory: string;
  readonly manifest: Manifest;
  extend(repeats: readonly PlannedRepeat[]): Promise<void>;
  begin(attempt: Pick<Attempt, 'repeatId' | 'attempt' | 'reason'>): Promise<void>;
  append(outcome: { record: RepeatRecord; raw: Record<string, string> }): Promise<RepeatRecord>;
  /** All that was planned has been measured. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the place where runs go, before anything is done that would be for nothing. Throws UserError. */
export async function makeRoomFor(directory: string): Promise<void> {
  await writing(directory, () => makeDirectories(directory));
}

async function writing(directory: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new UserError(
      `${directory} cannot be written: ${messageOf(error)}`,
      'name another place with --out DIR',
    );
  }
}

/**
 * Makes a run's directory with its manifest and what `fill` puts into it, whole or not at all. Throws UserError where
 * that can't be done.
 */
export async function makeRunDirectory(
  directory: string,
  manifest: Manifest,
  fill?: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = temporaryPath(directory);
  await writing(directory, async () => {
    await makeDirectories(dirname(directory));
    try {
      await mkdir(join(unfinished, 'raw'), { recursive: true });
      await writeManifest(unfinished, manifest);
      await fill?.(unfinished);
      // Refused where a run is there already: another process may be writing to it.
      await rename(unfinished, directory);
    } catch (error) {
      await removeAll(unfinished);
      throw error;
    }
  });
}

/** Begins a run: its directory with its manifest, whole or not at all. Throws UserError where that can't be done. */
export async function createRun(directory: string, manifest: Manifest): Promise<RunStore> {
  await makeRunDirectory(directory, manifest);
  return openStore(directory, manifest, await lockRun(directory));
}

/**
 * Opens a run that ended early, to go on with it: what its journal holds beyond its last whole record is cut off, and
 * attempts that left no record are marked so. Throws UserError where the run is damaged, or in use.
 */
export async function reopenRun(
  directory: string,
  resumed: Manifest['resumed'][number],
): Promise<{ store: RunStore; run: StoredRun }> {
  const lock = await lockRun(directory);
  try {
    const run = await readRun(directory);
    const byAttempt = recordsByAttempt(run);
    const attempts = run.manifest.attempts.map((attempt) => ({
      ...attempt,
      outcome: outcomeBy(byAttempt.get(attemptName(attempt)), attempt.outcome),
    }));
    const manifest = { ...run.manifest, attempts, resumed: [...run.manifest.resumed, resumed] };
    await stillWriting(directory, async () => {
      await mendTail(join(directory, 'records.ndjson'));
      await makeDirectories(join(directory, 'raw'));
      await removeOrphans(run);
      await writeManifest(directory, manifest);
    });
    return { store: await openStore(directory, manifest, lock), run: { ...run, manifest, torn: false } };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** One process at a time writes to a run. */
async function lockRun(directory: string): Promise<Lock> {
  return takeLock(
    runLockName(await realpath(directory)),
    (pid) =>
      new UserError(
        `${shownPath(directory)} is being written to${pid === '' ? '' : ` by process ${pid}`}`,
        'wait until that run has ended',
      ),
  );
}

/** The records by their attempts. Throws UserError where one of these has two. */
function recordsByAttempt({ directory, records }: StoredRun): Map<string, RepeatRecord> {
  const byAttempt = new Map<string, RepeatRecord>();
  for (const [index, record] of records.entries()) {
    const other = byAttempt.get(attemptName(record));
    if (other !== undefined) {
      throw new UserError(
        `${join(directory, 'records.ndjson')}:${index + 1}: the same repeat and attempt as in line ${records.indexOf(other) + 1}`,
        'delete one of the two lines',
      );
    }
    byAttempt.set(attemptName(record), record);
  }
  return byAttempt;
}

/** Raw output whose record was never written: of an attempt that is made again. */
async function removeOrphans({ directory, records }: StoredRun): Promise<void> {
  const named = new Set(records.map(({ raw }) => raw));
  for (const name of await readdir(join(directory, 'raw'))) {
    if (!named.has(join('raw', name))) await removeFile(join(directory, 'raw', name));
  }
}

/** Cuts off what stands after the last newline: the beginning of a record that was never acknowledged. */
async function mendTail(path: string): Promise<void> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const end = await endOfLastLine(file, size);
    if (end < size) {
      await file.truncate(end);
      await file.datasync();
    }
  } finally {
    await file.close();
  }
}

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const step = 64 * 1024;
  for (let end = size; end > 0; end -= Math.min(step, end)) {
    const from = Math.max(0, end - step);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - from), 0, end - from, from);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}

async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
  await writeWhole(join(directory, 'manifest.json'), text, { durable: true });
}

/** Of a run that has begun nothing is lost when the disk fills up: it can be gone on with. */
async function stillWriting<T>(directory: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${shownPath(directory)} cannot be written: ${messageOf(error)}`,
      `mend that, then go on with what is left: npx tsx harness/run.ts --resume ${shownPath(directory)}`,
    );
  }
}

async function openStore(directory: string, initial: Manifest, lock: Lock): Promise<RunStore> {
  const path = join(directory, 'records.ndjson');
  const journal = await open(path, 'a');
  let { size } = await journal.stat();
  let manifest = initial;
  let isSaved = true;
  const save = async (): Promise<void> => {
    await writeManifest(directory, manifest);
    isSaved = true;
  };
  const settle = (change: (attempt: Attempt) => Attempt['outcome']): void => {
    const attempts = manifest.attempts.map((attempt) => ({ ...attempt, outcome: change(attempt) }));
    manifest = { ...manifest, attempts };
    isSaved = false;
  };
  const discardRunning = ({ outcome }: Attempt): Attempt['outcome'] =>
    outcome === 'running' ? 'discarded' : outcome;

  /** One line, in one write, on disk before the promise resolves; or none of it. */
  const appendLine = async (line: string): Promise<void> => {
    const now = await journal.stat();
    if (now.size !== size) {
      throw new UserError(
        `${path} has changed while the run was writing to it`,
        'see to it that one process at a time writes to a run, then go on with --resume',
      );
    }
    try {
      await journal.appendFile(`${line}\n`);
      await journal.datasync();
    } catch (error) {
      // What a full disk took of it would spoil the next line.
      await journal.truncate(size).catch(() => undefined);
      throw error;
    }
    ({ size } = await journal.stat());
  };

  return {
    directory,
    get manifest() {
      return manifest;
    },
    extend: (repeats) =>
      stillWriting(directory, async () => {
        manifest = { ...manifest, repeats: [...manifest.repeats, ...repeats] };
        await save();
      }),
    begin: ({ repeatId, attempt, reason }) =>
      stillWriting(directory, async () => {
        settle((other) =>
          other.repeatId === repeatId && (other.outcome === 'ok' || other.outcome === 'failed')
            ? 'superseded'
            : discardRunning(other),
        );
        const begun: Attempt = {
          repeatId,
          attempt,
          startedAt: new Date().toISOString(),
          reason,
          outcome: 'running',
        };
        manifest = { ...manifest, attempts: [...manifest.attempts, begun] };
        await save();
      }),
    // Raw output first, so that a record never names a file that is not there.
    append: ({ record, raw }) =>
      stillWriting(directory, async () => {
        const again = record.attempt > 1 ? `.${record.attempt}` : '';
        const file = join('raw', `${record.repeatId}${again}.json.gz`);
        await writeRaw(join(directory, file), raw);
        const complete = recordSchema.parse({ ...record, raw: file });
        await appendLine(JSON.stringify(complete));
        // One at a time is made.
        settle(({ outcome }) => (outcome === 'running' ? record.status : outcome));
        return complete;
      }),
    complete: () =>
      stillWriting(directory, async () => {
        manifest = { ...manifest, completedAt: new Date().toISOString() };
        await save();
      }),
    async close() {
      try {
        if (manifest.attempts.some(({ outcome }) => outcome === 'running')) settle(discardRunning);
        if (!isSaved) await stillWriting(directory, save);
      } finally {
        await journal.close();
        await lock.release();
      }
    },
  };
}

/** The raw output of one repeat: a JSON object from names such as `tom/netstat-s.before.txt` to texts, gzipped. */
async function writeRaw(path: string, raw: Record<string, string>): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1)));
  const packed = await promisify(gzip)(JSON.stringify(sorted, null, 1), { level: 9 });
  await writeWhole(path, packed, { durable: true });
}
