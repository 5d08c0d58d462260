import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';

/** Where a file or directory is made until it is whole. The name tells whose it is, for who cleans up after a killed process. */
export const temporaryPath = (path: string, pid: number = process.pid): string => `${path}.${pid}.tmp`;

/**
 * Writes a file whole or not at all: whoever reads meanwhile, or after a kill, sees the one before. A durable one is on
 * the disk before the promise resolves, so that it outlives a machine that stops.
 */
export async function writeWhole(
  path: string,
  data: string | Uint8Array,
  { durable = false } = {},
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeFile(temporary, data, { flush: durable });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Makes a directory with those above it. Unlike Node's recursive mkdir it comes to an end wherever it is asked to:
 * that one looks for a parent for ever below /proc.
 */
export async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path || existsSync(dirname(path))) throw error;
    await makeDirectories(dirname(path));
    await mkdir(path);
  }
}

/** Writes a text whole or not at all; false where the file held just that already. Throws UserError. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  if ((await readText(path)) === text) return false;
  try {
    await makeDirectories(dirname(path));
    await writeWhole(path, text);
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${messageOf(error)}`, 'check the directory and the disk');
  }
  return true;
}

/** Adds a text at a file's end, which is made where there is none. Throws UserError. */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await makeDirectories(dirname(path));
    await appendFile(path, text);
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${messageOf(error)}`, 'check the directory and the disk');
  }
}

/** The file's text; null where there is no such file. */
export async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

/** All files below a directory, hidden ones and what was left of an interrupted write left out; sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !isUnfinished(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Removes what a process that is gone had begun to write below a directory. */
export async function removeUnfinished(directory: string, pid: number): Promise<void> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (name.endsWith(temporaryPath('', pid))) await removeAll(join(directory, name));
  }
}

/** Whether the name is that of something that is not whole yet, or never was. */
export const isUnfinished = (name: string): boolean => name.endsWith('.tmp');

/** A file or a directory with all that is in it. */
export async function removeAll(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true });
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
