import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import type { Run } from '../core/journal.ts';
import { manifestSchema, type Manifest } from '../core/manifest.ts';
import { recordSchema, schemaVersion, type RepeatRecord } from '../core/record.ts';
import { forEachLine, wholeFile, type ByteRange } from './lines.ts';
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
  const records: RepeatRecord[] = [];
  const torn = await forEachRecord(path, (record) => records.push(record));
  return { records, torn };
}

/**
 * Gives each record of a journal, or of a part of it, to `take`, with where its line begins in the file; resolves with
 * whether the journal is torn. No journal is an empty one: the harness may have been killed before its first repeat.
 * Throws UserError that names file, line (counted from the start of the part) and remedy.
 */
export async function forEachRecord(
  path: string,
  take: (record: RepeatRecord, startByte: number) => void,
  part: ByteRange = wholeFile,
): Promise<boolean> {
  try {
    const { torn } = await forEachLine(path, part, (text, line, startByte) =>
      take(recordIn(text, `${path}:${line}`), startByte),
    );
    // Records are written with their newline in one go: a last line without one was cut off by a kill.
    return torn;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (isMissing(error)) return false;
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`, 'check who may read it');
  }
}

function recordIn(text: string, where: string): RepeatRecord {
  const remedy = 'restore the file, or delete this line: only its repeat is lost then';
  return checked(recordSchema, parseJson(text, where, remedy), where, remedy);
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
