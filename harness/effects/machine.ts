import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import type { Machine, Problem, StartOptions } from '../core/plugin.ts';
import { sha256 } from './hash.ts';
import { startChannel, startProcess } from './processes.ts';
import type { Session } from './session.ts';
import { which } from './which.ts';

/** The clone that this file belongs to. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The machine that the harness runs on, for the length of a session. */
export function createMachine(session: Session): Machine {
  const place = { sessionId: session.id, entrance: session.containment.entrance };
  const start = (argv: readonly string[], options: StartOptions & { input?: string }) =>
    startProcess(argv, place, options);
  return {
    sessionId: session.id,
    containment: session.containment.kind,
    root: process.getuid?.() === 0,
    isLocal: true,
    scratchDir: session.scratchDir,
    start,
    async run(argv, { limitMs = 10_000, input } = {}) {
      const running = await start(argv, { limitMs, ...(input === undefined ? {} : { input }) });
      return running.finished;
    },
    talk: (argv) => startChannel(argv, place),
    readFile: (path) => readFile(path, 'utf8'),
    async writeFile(path, text) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    sha256,
    which,
    program: nativeProgram,
    cloneDir: projectRoot,
    remember: (leftover) => session.remember(leftover),
    forget: (leftover) => session.forget(leftover),
  };
}

/** For what needs Node and the packages of this clone: why it cannot work on another machine. */
export const onlyHere = ({ isLocal }: Machine): Problem | null =>
  isLocal
    ? null
    : {
        reason: 'it takes the npm packages of this clone, which are not sent to other machines',
        remedy: 'use --hosts netns, or another load',
      };

function nativeProgram(name: string): string {
  const path = join(projectRoot, 'build', 'release', 'bin', name);
  if (!existsSync(path)) {
    throw new UserError(`the program ${name} is not built (${path})`, 'build it with: npm run setup');
  }
  return path;
}
