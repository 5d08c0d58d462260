import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import type { Run } from '../core/journal.ts';
import { manifestSchema, type Manifest } from '../core/manifest.ts';
import { recordSchema, schemaVersion, type RepeatRecord } from '../core/record.ts';
import { isUnfinished } from './output-files.ts';

/** A run and where it lies. */
export interface StoredRun extends Run {
  readonly directory: string;
}

/** The directories below `resultsDir` that hold a run, in the order of their names. None where there is no such place. */
export async function findRuns(resultsDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const scenario of await directoriesIn(resultsDir)) {
    for (const run of await directoriesIn(scenario)) {
      if ((await readdir(run)).includes('manifest.json')) found.push(run);
    }
  }
  return found;
}

async function directoriesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !isUnfinished(entry.name))
      .map((entry) => join(directory, entry.name))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new UserError(`${directory} cannot be read: ${messageOf(error)}`, 'check who may read it');
  }
}

/** Reads a run and checks every line of it. Throws UserError that names file, line and remedy. */
export async function readRun(directory: string): Promise<StoredRun> {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  const journal = await readJournal(join(directory, 'records.ndjson'));
  return { directory, manifest, ...journal };
}

/** Throws UserError that names file, field and remedy. */
export async function readManifest(path: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(
      isMissing(error) ? `${path} does not exist` : `${path} cannot be read: ${messageOf(error)}`,
      'name the directory of a run: results/<scenario>/<run>',
    );
  }
  const remedy = 'restore the file, or take the run out of the results';
  return checked(manifestSchema, parseJson(text, path, remedy), path, remedy);
}

async function readJournal(path: string): Promise<{ records: RepeatRecord[]; torn: boolean }> {
  const remedy = 'restore the file, or delete this line: only its repeat is lost then';
  const records: RepeatRecord[] = [];
  const file = await open(path).catch((error: unknown) => {
    // The harness may have been killed between manifest and journal.
    if (isMissing(error)) return null;
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`, 'check who may read it');
  });
  if (file === null) return { records, torn: false };
  try {
    const whole = await endsWithNewline(file);
    let pending: { text: string; line: number } | null = null;
    let line = 0;
    const take = ({ text, line: at }: { text: string; line: number }): void => {
      const where = `${path}:${at}`;
      records.push(checked(recordSchema, parseJson(text, where, remedy), where, remedy));
    };
    for await (const text of file.readLines({ autoClose: false, start: 0 })) {
      if (pending) take(pending);
      line += 1;
      pending = { text, line };
    }
    // Records are written with their newline in one go: a last line without one was cut off by a kill.
    const torn = pending !== null && !whole;
    if (pending && whole) take(pending);
    return { records, torn };
  } finally {
    await file.close();
  }
}

async function endsWithNewline(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

function parseJson(text: string, where: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where}: not JSON: ${messageOf(error)}`, remedy);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, where: string, remedy: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const version = z.object({ schema: z.number() }).safeParse(value).data?.schema;
  if (version !== undefined && version > schemaVersion) {
    throw new UserError(
      `${where}: schema version ${version} is newer than ${schemaVersion}, the newest known here`,
      'update forkbench',
    );
  }
  throw new UserError(`${where}: ${z.prettifyError(result.error).replace(/\s*\n\s*/g, ' ')}`, remedy);
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
