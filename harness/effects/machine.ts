import { access, constants, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import type { Machine } from '../core/plugin.ts';
import { startProcess } from './processes.ts';
import type { Session } from './session.ts';

/** The clone that this file belongs to. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

const systemDirs = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The machine that the harness runs on, for the length of a session. */
export function createMachine(session: Session): Machine {
  const start: Machine['start'] = (argv, options) => startProcess(argv, session.id, options);
  return {
    sessionId: session.id,
    root: process.getuid?.() === 0,
    scratchDir: session.scratchDir,
    start,
    async run(argv, { limitMs = 10_000, input } = {}) {
      const running = await startProcess(argv, session.id, {
        limitMs,
        ...(input === undefined ? {} : { input }),
      });
      return running.finished;
    },
    readFile: (path) => readFile(path, 'utf8'),
    which,
    program: nativeProgram,
    remember: (leftover) => session.remember(leftover),
    forget: (leftover) => session.forget(leftover),
  };
}

/** Looks a program up on PATH and in the system's sbin directories, which an ordinary user's PATH lacks on Debian. */
export async function which(program: string): Promise<string | null> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirs];
  for (const directory of directories.filter((entry) => entry !== '')) {
    const path = join(directory, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

function nativeProgram(name: string): string {
  const path = join(projectRoot, 'build', 'release', 'bin', name);
  if (!existsSync(path)) {
    throw new UserError(`the program ${name} is not built (${path})`, 'build it with: npm run setup');
  }
  return path;
}
