import type { RepeatRecord } from '../core/record.ts';

/** What was seen of the listen queue within one repeat's window. Null: it was not sampled. */
export interface QueueFigures {
  readonly intervalMs: number | null;
  readonly limit: number | null;
  readonly meanLength: number | null;
  readonly maxLength: number | null;
  readonly fullShare: number | null;
  readonly sleepingShare: number | null;
  readonly blockedShare: number | null;
  readonly longestBlockMs: number | null;
  /** In the slowest stretch of 200 ms. */
  readonly leastAnswersPerSecond: number | null;
}

export const queueFigures = ({ acceptQueue: queue }: RepeatRecord): QueueFigures => ({
  intervalMs: queue?.intervalMs ?? null,
  limit: queue?.limit ?? null,
  meanLength: queue?.meanLength ?? null,
  maxLength: queue?.maxLength ?? null,
  fullShare: queue?.fullShare ?? null,
  sleepingShare: queue?.sleepingShare ?? null,
  blockedShare: queue?.blockedShare ?? null,
  longestBlockMs: queue?.longestBlockMs ?? null,
  leastAnswersPerSecond: queue?.answersPerSecond?.min ?? null,
});
