import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { TestContext } from 'vitest';
import { startServer, temporaryDirectory, type Program, type ServerProcess } from './server-process.ts';

const attempt = await execa('strace', ['-o', '/dev/null', 'true'], { reject: false });

/** Skips the test, saying why, where nothing can be traced. */
export function requireStrace(context: TestContext): void {
  if (attempt.exitCode !== 0)
    context.skip(`strace can't run here: ${attempt.stderr || attempt.shortMessage}`);
}

/** What two processes did, from before they listen on, as strace prints it: `sendto(7, "conn", 4, ...) = 4`. */
export interface Trace {
  readonly parent: readonly string[];
  /** The last of the workers. For a server of one process the same as the parent. */
  readonly worker: readonly string[];
  /** Every process and thread. */
  readonly all: readonly string[];
}

/** Traces a server while `use` makes use of it, until the signal that ends it. */
export async function trace(
  program: Program,
  flags: readonly string[],
  use: (server: ServerProcess) => Promise<void>,
): Promise<Trace> {
  const file = path.join(await temporaryDirectory(), 'trace');
  const server = await startServer({ program, build: 'release' }, flags, {
    wrapper: ['strace', '-f', '-qq', '-o', file],
  });
  await use(server);
  await server.settled();
  const { slots } = await server.counters();
  await server.stop();
  const lines = (await readFile(file, 'utf8')).split('\n');
  return {
    parent: linesOf(lines, slots[0]!.pid),
    worker: linesOf(lines, slots.at(-1)!.pid),
    all: lines.map((line) => line.replace(/^\d+ +/, '')),
  };
}

function linesOf(lines: readonly string[], pid: number): string[] {
  const own = lines
    .filter((line) => line.startsWith(`${pid} `))
    .map((line) => line.slice(`${pid} `.length).trim());
  const last = own.findIndex((line) => line.startsWith('--- SIGTERM'));
  return own.slice(0, last);
}

/** The steady state: names of system calls from the first wait on. */
export function steadyCalls(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => /^(accept4?|epoll_wait|poll)\(/.test(line));
  return lines.slice(first).flatMap((line) => /^(\w+)\(/.exec(line)?.[1] ?? []);
}

export function countsOf(calls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
}

/** The most calls of that name between two waits for events. */
export function mostInOneTurn(calls: readonly string[], name: string): number {
  const turns = calls.join(' ').split('epoll_wait');
  return Math.max(...turns.map((turn) => turn.split(' ').filter((call) => call === name).length));
}
