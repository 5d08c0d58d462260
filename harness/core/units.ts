import { UserError } from './errors.ts';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };

/** Reads a duration such as `500ms`, `3s`, `1.5s` or `2m`; returns milliseconds. A bare number is refused. */
export function parseDuration(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text.trim());
  const ms = match ? Number(match[1]) * (unitMs[match[2]!] ?? NaN) : NaN;
  if (!Number.isFinite(ms) || ms <= 0) {
    throw new UserError(
      `${flag}: "${text}" is not a duration`,
      'write a number with its unit, such as 500ms, 3s or 2m',
    );
  }
  return ms;
}

/** Milliseconds as people say them: `850 ms`, `12 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return Number.isInteger(ms / 1000) ? `${seconds} s` : `${(ms / 1000).toFixed(1)} s`;
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/** An estimated time, in whole seconds: it is no better known. */
export const formatEstimate = (ms: number): string => formatDuration(Math.ceil(ms / 1000) * 1000);

/** webbench's "Speed" unit. The seed's tables are in pages per minute; everything else here in requests per second. */
export const pagesPerMinute = (requestsPerSecond: number): number => requestsPerSecond * 60;
export const requestsPerSecond = (pagesAMinute: number): number => pagesAMinute / 60;
