import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import type { Machine, StartOptions } from '../core/plugin.ts';
import { startProcess } from './processes.ts';
import type { Session } from './session.ts';
import { which } from './which.ts';

/** The clone that this file belongs to. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The machine that the harness runs on, for the length of a session. */
export function createMachine(session: Session): Machine {
  const start = (argv: readonly string[], options: StartOptions & { input?: string }) =>
    startProcess(argv, { sessionId: session.id, entrance: session.containment.entrance }, options);
  return {
    sessionId: session.id,
    containment: session.containment.kind,
    root: process.getuid?.() === 0,
    scratchDir: session.scratchDir,
    start,
    async run(argv, { limitMs = 10_000, input } = {}) {
      const running = await start(argv, { limitMs, ...(input === undefined ? {} : { input }) });
      return running.finished;
    },
    readFile: (path) => readFile(path, 'utf8'),
    which,
    program: nativeProgram,
    remember: (leftover) => session.remember(leftover),
    forget: (leftover) => session.forget(leftover),
  };
}

function nativeProgram(name: string): string {
  const path = join(projectRoot, 'build', 'release', 'bin', name);
  if (!existsSync(path)) {
    throw new UserError(`the program ${name} is not built (${path})`, 'build it with: npm run setup');
  }
  return path;
}
