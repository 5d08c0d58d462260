import type { RepeatRecord } from '../core/record.ts';

/** How many sockets of a host were in a TCP state within the window, on average; null: not watched. */
export function socketsInState(
  { sockets }: RepeatRecord,
  host: 'tom' | 'jerry',
  state: string,
): number | null {
  // A state that never occurred is left out of the record.
  return sockets?.states ? (sockets.states[host][state]?.mean ?? 0) : null;
}
