import type { CellFigures } from './cell-figures.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present } from './statistics.ts';

/** What a check found, as numbers. */
export type Fact =
  | {
      readonly kind: 'client-server';
      readonly client: number;
      readonly server: number;
      readonly allowed: number;
    }
  | {
      readonly kind: 'client-kernel';
      readonly client: number;
      readonly kernel: number;
      readonly allowed: number;
    }
  | { readonly kind: 'server-kernel'; readonly server: number; readonly kernel: number }
  | { readonly kind: 'strangers'; readonly share: number }
  | { readonly kind: 'stalled'; readonly median: number; readonly max: number; readonly oldestMs: number }
  | { readonly kind: 'halves'; readonly ratio: number }
  | { readonly kind: 'little'; readonly inFlight: number; readonly explained: boolean }
  | { readonly kind: 'ports'; readonly timeWait: number; readonly ports: number }
  | { readonly kind: 'workers'; readonly respawns: number };

/** `null`: could not be checked; `uncounted`: because the server keeps no counters. */
export type Outcome = { readonly fact: Fact; readonly severity: number } | 'fine' | 'uncounted' | null;

/** How far the halves of a window, and Little's law, may be off before it is worth a line. */
export const tolerance = 0.1;

/**
 * Each client has at most one request in flight, so the server may be ahead by what was unanswered or failed, and by answers
 * that were lost with their connection, after which the request was sent again.
 */
export function clientAgainstServer(repeat: RepeatAnalysis): Outcome {
  const { serverAnswered: server, totalSucceeded: client, totalUnfinished, reconnects } = repeat;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (server === null || client === null || totalUnfinished === null) return null;
  const allowed = totalUnfinished + reconnects;
  const severity = beyond(server - client, allowed);
  return severity === 0 ? 'fine' : { fact: { kind: 'client-server', client, server, allowed }, severity };
}

/** How far a count is outside of what it may be ahead of another. */
export function beyond(ahead: number, allowed: number): number {
  return ahead < 0 ? -ahead : Math.max(0, ahead - allowed);
}

/** webbench, and what works as it does, first connects once without a request. */
export const connectionsWithoutRequest = 1;

/** Each connection with an answered request is one that the kernel opened; those in flight, or sent again, may have one. */
export function clientAgainstKernel(repeat: RepeatAnalysis): Outcome {
  const { passiveOpens: kernel, totalConnections: client, totalUnfinished } = repeat;
  // In one shared namespace the kernel's count holds other connections too.
  if (client === null || totalUnfinished === null || kernel === null || !repeat.countsApart) return null;
  const allowed = totalUnfinished + connectionsWithoutRequest;
  const severity = beyond(kernel - client, allowed);
  return severity === 0 ? 'fine' : { fact: { kind: 'client-kernel', client, kernel, allowed }, severity };
}

/** Mean response time × throughput: how many of the requests in flight were answered, on average. */
export function requestsInFlight(repeat: RepeatAnalysis): number | null {
  const times = repeat.responseTime;
  if (!times || repeat.requestsPerSecond === null) return null;
  return (repeat.requestsPerSecond * times.meanUs) / 1_000_000;
}

/**
 * In a closed loop the requests in flight are the concurrency, but those that stall or fail are in no mean, and those that
 * wait for a retransmission are as long as a window and lie across its borders.
 */
export function littlesLaw(cell: CellFigures & { readonly concurrency: number }): Outcome {
  // At a fixed rate as many requests are in flight as the law says, whatever that is.
  if (cell.openLoop !== null) return null;
  const inFlight = median(present(cell.repeats.map(requestsInFlight)));
  if (inFlight === null) return null;
  // Clients whose request is never answered are in no response time, but they are clients.
  const clients = inFlight + (cell.stalled?.median ?? 0);
  const off = Math.min(...[inFlight, clients].map((count) => Math.abs(count / cell.concurrency - 1)));
  if (off <= tolerance) return 'fine';
  const explained = [cell.stalled?.median, cell.failedRequests, cell.overflowsPerSecond?.median].some(
    (count) => (count ?? 0) > 0,
  );
  return { fact: { kind: 'little', inFlight, explained }, severity: off };
}
