import type { PageAnalysis } from '../analysis/page.ts';
import type { SyscallCost, SyscallDistribution, TimedCalls, TracedCell } from '../analysis/syscalls.ts';
import { cellColumns, rounded, toCsv, type Column } from './csv-rows.ts';

/** One row for each syscall of each traced repeat, tracer by tracer and role by role. */
export const syscallsCsv = (pages: readonly PageAnalysis[]): string =>
  toCsv(
    syscallColumns,
    pages.flatMap(({ traced }) =>
      traced.cells.flatMap((profile) => profile.costs.map((cost): Cost => ({ profile, cost }))),
    ),
  );

/** The same of the distributions. */
export const syscallTimesCsv = (pages: readonly PageAnalysis[]): string =>
  toCsv(
    syscallTimeColumns,
    pages.flatMap(({ traced }) =>
      traced.timedCalls.flatMap((timed) =>
        timed.distributions.map((distribution): Times => ({ timed, distribution })),
      ),
    ),
  );

interface Cost {
  readonly profile: TracedCell;
  readonly cost: SyscallCost;
}

const syscallColumns: readonly Column<Cost>[] = [
  ...cellColumns(({ profile }: Cost) => profile.cell),
  ['tool', ({ profile }) => profile.tool],
  ['clock', ({ profile }) => profile.clock],
  ['role', ({ profile }) => profile.role],
  ['syscall', ({ cost }) => cost.syscall],
  ['calls', ({ cost }) => cost.calls],
  ['errors', ({ cost }) => cost.errors],
  rounded('timeUs', ({ cost }) => cost.timeUs),
  ['requests', ({ profile }) => profile.requests],
  rounded('callsPerRequest', ({ cost }) => cost.callsPerRequest),
  rounded('timePerCallUs', ({ cost }) => cost.timePerCallUs),
  rounded('timePerRequestUs', ({ cost }) => cost.timePerRequestUs),
];

interface Times {
  readonly timed: TimedCalls;
  readonly distribution: SyscallDistribution;
}

const syscallTimeColumns: readonly Column<Times>[] = [
  ...cellColumns(({ timed }: Times) => timed.cell),
  ['tool', ({ timed }) => timed.tool],
  ['role', ({ timed }) => timed.role],
  ['syscall', ({ distribution }) => distribution.syscall],
  ['calls', ({ distribution }) => distribution.calls],
  rounded('timeUs', ({ distribution }) => distribution.timeUs),
  ['requests', ({ timed }) => timed.requests],
  rounded('callsPerRequest', ({ distribution }) => distribution.callsPerRequest),
  rounded('timePerRequestUs', ({ distribution }) => distribution.timePerRequestUs),
  ['p50UpperBoundUs', ({ distribution }) => distribution.p50Us],
  ['p90UpperBoundUs', ({ distribution }) => distribution.p90Us],
  ['p99UpperBoundUs', ({ distribution }) => distribution.p99Us],
];
