import { z } from 'zod';
import { queueLengths } from './listeners.ts';
import { noteOf, textOf, type RawTexts } from './raw-texts.ts';
import type { Standstill } from './record.ts';

/* What the kernel says of sleeping processes and of a listening socket, as text. */

export const standstillFiles = { look: 'tom/standstill.json', queue: 'tom/standstill.tcp.txt' } as const;

/** What was noted of each process: texts of its files below /proc, null where they may not be read. */
export const lookSchema = z.strictObject({
  afterMs: z.number().min(0),
  port: z.number().int(),
  processes: z.array(
    z.strictObject({
      role: z.enum(['only', 'parent', 'worker']),
      pid: z.number().int(),
      status: z.string(),
      stack: z.string().nullable(),
    }),
  ),
});
export type Look = z.output<typeof lookSchema>;

/** Throws MissingTextError, or an Error that says what is wrong with a text. */
export function parseStandstill(raw: RawTexts): Standstill {
  const { afterMs, port, processes } = noteOf(raw, standstillFiles.look, lookSchema);
  return {
    afterMs,
    waiting: leftWaiting(textOf(raw, standstillFiles.queue), port),
    processes: processes.map(({ role, pid, status, stack }) => {
      const functions = stackOf(stack);
      return { role, pid, state: stateOf(status), syscall: syscallOf(functions), stack: functions };
    }),
  };
}

/** `State:	S (sleeping)` of /proc/PID/status. */
function stateOf(status: string): string {
  const state = /^State:\s*(\S)/m.exec(status)?.[1];
  if (state === undefined) throw new Error('/proc/PID/status has no line "State:"');
  return state;
}

/** `[<0>] ep_poll+0x2ee/0x360` of /proc/PID/stack, without addresses. */
function stackOf(text: string | null): string[] {
  return [...(text ?? '').matchAll(/^\[<[^>]*>\] ([^+\s]+)/gm)].map((match) => match[1]!);
}

/**
 * The kernel enters each call by a function that bears its name: `__x64_sys_sendto`, `__arm64_sys_epoll_pwait`. Where
 * that one has nothing left to do it is not on the stack any more, and the one it has jumped to is: `ksys_write`.
 */
function syscallOf(functions: readonly string[]): string | null {
  for (const name of functions) {
    const call = /^(?:__(?:x64|arm64|s390x|riscv)_sys|ksys)_(\w+)$/.exec(name)?.[1];
    if (call !== undefined) return call;
  }
  return null;
}

/** The least of several looks: who comes again after a back-off passes through the queue, who is left in it stays. */
function leftWaiting(looks: string, port: number): number {
  const lengths = queueLengths(looks, port);
  if (lengths.length === 0) throw new Error(`/proc/net/tcp has no socket that listens on port ${port}`);
  return Math.min(...lengths);
}
