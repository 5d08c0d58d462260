import type { OpenLoop } from '../core/record.ts';
import { sum } from './statistics.ts';

/** Of requests that were planned to start within a window, at a fixed rate. */
export interface OpenLoopFigures {
  /** Requests per second that were asked for. */
  readonly rate: number;
  readonly planned: number;
  readonly started: number;
  /** Started, but not before a connection became free. */
  readonly waited: number;
  readonly unstarted: number;
  /** Age at the end of the window. */
  readonly oldestUnstartedMs: number;
}

export function openLoopFigures(openLoop: OpenLoop): OpenLoopFigures {
  const { rate, planned, started, waited, unstarted, oldestUnstartedMs } = openLoop;
  return { rate, planned, started, waited, unstarted, oldestUnstartedMs };
}

/** The figures of a cell: those of its repeats added up. Null where none was at a fixed rate. */
export function openLoopOfCell(
  repeats: readonly { readonly openLoop: OpenLoopFigures | null }[],
): OpenLoopFigures | null {
  const all = repeats.flatMap(({ openLoop }) => openLoop ?? []);
  if (all.length === 0) return null;
  const total = (count: (figures: OpenLoopFigures) => number): number => sum(all.map(count));
  return {
    // Repeats may have been asked for different rates, where these follow from what was measured before.
    rate: total(({ rate }) => rate) / all.length,
    planned: total(({ planned }) => planned),
    started: total(({ started }) => started),
    waited: total(({ waited }) => waited),
    unstarted: total(({ unstarted }) => unstarted),
    oldestUnstartedMs: Math.max(...all.map(({ oldestUnstartedMs }) => oldestUnstartedMs)),
  };
}

/** Whether a cell, or a repeat, was loaded at a fixed rate. */
export const isOpenLoop = ({ openLoop }: { readonly openLoop: OpenLoopFigures | null }): boolean =>
  openLoop !== null;

/** From this share of what was asked for on a rate counts as kept; the rest may lie across a window's borders. */
const keptShare = 0.97;

/** Whether the server answered as many requests as it was asked for, and nearly all of them could be started. */
export function keptItsRate(
  { rate, planned, started }: OpenLoopFigures,
  requestsPerSecond: number | null,
): boolean {
  return (
    started >= keptShare * planned && requestsPerSecond !== null && requestsPerSecond >= keptShare * rate
  );
}
