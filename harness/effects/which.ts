import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const systemDirs = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** PATH and the system's sbin directories, which an ordinary user's PATH lacks on Debian. */
export const searchPath = [
  ...(process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== ''),
  ...systemDirs,
].join(delimiter);

/** The path of a program, or null. */
export async function which(program: string): Promise<string | null> {
  if (program.includes('/')) return (await isExecutable(program)) ? program : null;
  for (const directory of searchPath.split(delimiter)) {
    const path = join(directory, program);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
