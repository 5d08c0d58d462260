import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a directory as they are, by name, in hexadecimal digits. */
export const filesAsHex = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('hex')]),
  );
