import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';

const rawSchema = z.record(z.string(), z.string());

/** The raw output of a repeat: texts by name. Throws UserError that names the file. */
export async function readRaw(path: string): Promise<Record<string, string>> {
  try {
    return rawSchema.parse(JSON.parse((await promisify(gunzip)(await readFile(path))).toString()));
  } catch (error) {
    throw new UserError(
      `${path} cannot be read: ${messageOf(error)}`,
      'restore the file from the repository',
    );
  }
}
