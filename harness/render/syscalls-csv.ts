import type { PageAnalysis } from '../analysis/page.ts';
import { cellColumnsOf, number, toCsv, type Row } from './csv-rows.ts';

/** One row for each syscall of each traced repeat, tracer by tracer and role by role. */
export const syscallsCsv = (pages: readonly PageAnalysis[]): string =>
  toCsv(syscallColumns, pages.flatMap(syscallRows));

/** The same of the distributions. */
export const syscallTimesCsv = (pages: readonly PageAnalysis[]): string =>
  toCsv(syscallTimeColumns, pages.flatMap(syscallTimeRows));

const syscallColumns = [
  'variant',
  'load',
  'concurrency',
  'factors',
  'tool',
  'clock',
  'role',
  'syscall',
  'calls',
  'errors',
  'timeUs',
  'requests',
  'callsPerRequest',
  'timePerCallUs',
  'timePerRequestUs',
];

function syscallRows({ traced }: PageAnalysis): Row[] {
  return traced.cells.flatMap((profile) =>
    profile.costs.map((cost) => ({
      ...cellColumnsOf(profile.cell),
      tool: profile.tool,
      clock: profile.clock,
      role: profile.role,
      syscall: cost.syscall,
      calls: cost.calls,
      errors: cost.errors,
      timeUs: number(cost.timeUs),
      requests: profile.requests,
      callsPerRequest: number(cost.callsPerRequest),
      timePerCallUs: number(cost.timePerCallUs),
      timePerRequestUs: number(cost.timePerRequestUs),
    })),
  );
}

const syscallTimeColumns = [
  'variant',
  'load',
  'concurrency',
  'factors',
  'tool',
  'role',
  'syscall',
  'calls',
  'timeUs',
  'requests',
  'callsPerRequest',
  'timePerRequestUs',
  'p50UpperBoundUs',
  'p90UpperBoundUs',
  'p99UpperBoundUs',
];

function syscallTimeRows({ traced }: PageAnalysis): Row[] {
  return traced.timedCalls.flatMap((timed) =>
    timed.distributions.map((distribution) => ({
      ...cellColumnsOf(timed.cell),
      tool: timed.tool,
      role: timed.role,
      syscall: distribution.syscall,
      calls: distribution.calls,
      timeUs: number(distribution.timeUs),
      requests: timed.requests,
      callsPerRequest: number(distribution.callsPerRequest),
      timePerRequestUs: number(distribution.timePerRequestUs),
      p50UpperBoundUs: distribution.p50Us,
      p90UpperBoundUs: distribution.p90Us,
      p99UpperBoundUs: distribution.p99Us,
    })),
  );
}
