import { z } from 'zod';
import { noteOf, textOf, type RawTexts } from './raw-texts.ts';
import type { Standstill } from './record.ts';

/* What the kernel says of sleeping processes and of a listening socket, as text. */

export const standstillFiles = { look: 'tom/standstill.json', tcp: 'tom/standstill.tcp.txt' } as const;

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
    waiting: queueLength(textOf(raw, standstillFiles.tcp), port),
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
 * The kernel enters each call by a function that bears its name: `__x64_sys_sendto`, `__arm64_sys_epoll_pwait`. Where its
 * last step is a call of another one, such as `ksys_write`, only that is in the stack.
 */
function syscallOf(functions: readonly string[]): string | null {
  for (const name of functions) {
    const call = /^(?:__(?:x64|arm64|s390x|riscv)_|k)sys_(\w+)$/.exec(name)?.[1];
    if (call !== undefined) return call;
  }
  return null;
}

/** State 0A is LISTEN; of such a socket the receive queue counts connections that nobody has accepted. */
function queueLength(text: string, port: number): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state, queues] = line.trim().split(/\s+/);
    if (state === '0A' && local?.endsWith(`:${wanted}`) === true) {
      return Number.parseInt(queues!.split(':')[1]!, 16);
    }
  }
  throw new Error(`/proc/net/tcp has no socket that listens on port ${port}`);
}
