import type { Run, RunFrame } from '../core/journal.ts';
import {
  throughput,
  type Cell,
  type RepeatRecord,
  type SyscallProfile,
  type SyscallTimes,
} from '../core/record.ts';
import { compareText, lastAttempts } from './attempts.ts';
import { seriesInOrder, seriesOf, type Grid, type Series } from './cells.ts';
import { wholeRecords, type DigestedRun } from './digest.ts';
import { sum } from './statistics.ts';

export type SyscallRole = SyscallProfile['role'];

/** What one syscall cost a traced repeat. `PerRequest` is null where the number of requests is not known. */
export interface SyscallCost {
  readonly syscall: string;
  readonly calls: number;
  readonly errors: number;
  readonly timeUs: number;
  readonly callsPerRequest: number | null;
  readonly timePerCallUs: number | null;
  readonly timePerRequestUs: number | null;
}

/** How long the calls of one syscall took: upper bounds of the buckets that the percentiles lie in. */
export interface SyscallDistribution {
  readonly syscall: string;
  readonly calls: number;
  readonly timeUs: number;
  readonly callsPerRequest: number | null;
  readonly timePerRequestUs: number | null;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
}

/** One traced repeat, for the processes of one role. */
interface Traced {
  readonly cell: Cell;
  readonly series: Series;
  readonly concurrency: number;
  readonly tracer: string;
  readonly tool: string;
  readonly role: SyscallRole;
  readonly requests: number | null;
}

/** A profile, costliest call first. */
export interface TracedCell extends Traced {
  readonly clock: SyscallProfile['clock'];
  readonly costs: readonly SyscallCost[];
}

/** Distributions, the call that took most time first. */
export interface TimedCalls extends Traced {
  readonly distributions: readonly SyscallDistribution[];
}

/** What a tracer took from the throughput of a cell, as a share of the timed repeats' median. */
export interface SlowDown {
  readonly series: Series;
  readonly concurrency: number;
  readonly tracer: string;
  readonly tool: string;
  /** Null where one of the two is not known, or the timed repeats answered nothing. */
  readonly share: number | null;
}

/** Traced repeats that hold nothing of their tracer, and why. */
export interface Untraced {
  readonly tracer: string;
  /** Of which servers; null: there is nothing at all of this tracer. */
  readonly series: readonly Series[] | null;
  readonly reasons: readonly string[];
}

export interface TracedPass {
  /** By their names as probes, in the order of the scenario. */
  readonly tracers: readonly string[];
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  readonly cells: readonly TracedCell[];
  readonly timedCalls: readonly TimedCalls[];
  readonly slowDowns: readonly SlowDown[];
  readonly untraced: readonly Untraced[];
}

/** Journals from before there were several tracers name none. */
const tracerOf = ({ tracer }: { readonly tracer?: string | undefined }): string => tracer ?? 'strace';

export function tracedPass(run: Run | DigestedRun, grid: Grid): TracedPass {
  const isOurs = ({ pass, cell }: { pass: string; cell: Cell }): boolean =>
    pass === 'traced' && cell.load === grid.load;
  const records = lastAttempts(wholeRecords(run).filter(isOurs));
  const tracers = tracersInOrder(run, [...run.manifest.repeats.filter(isOurs), ...records]);
  const good = records.filter(isTraced);
  const series = seriesInOrder(
    run,
    good.map((record) => record.cell),
  );
  const inOrder = <T extends Traced>(traced: readonly T[]): T[] => {
    const rank = new Map(series.map((one, index) => [one.id, index]));
    return [...traced].sort(
      (a, b) =>
        rank.get(a.series.id)! - rank.get(b.series.id)! ||
        a.concurrency - b.concurrency ||
        tracers.indexOf(a.tracer) - tracers.indexOf(b.tracer) ||
        roles.indexOf(a.role) - roles.indexOf(b.role),
    );
  };
  return {
    tracers,
    series,
    concurrencies: [...new Set(good.map(({ cell }) => cell.concurrency))].sort((a, b) => a - b),
    cells: inOrder(good.flatMap((record) => profilesOf(run, record))),
    timedCalls: inOrder(good.flatMap((record) => timedCallsOf(run, record))),
    slowDowns: good.map((record) => slowDownOf(run, grid, record)),
    untraced: tracers.flatMap((tracer) => untracedOf(run, tracer, records)),
  };
}

const roles: readonly SyscallRole[] = ['all', 'only', 'parent', 'worker'];

function tracersInOrder(
  run: RunFrame,
  repeats: readonly { readonly tracer?: string | undefined }[],
): string[] {
  const used = new Set(repeats.map(tracerOf));
  const known = run.manifest.scenario.tracers.filter((tracer) => used.has(tracer));
  return [...known, ...[...used].filter((tracer) => !known.includes(tracer)).sort(compareText)];
}

const isTraced = ({ status, syscalls = [], syscallTimes = [] }: RepeatRecord): boolean =>
  status === 'ok' && syscalls.length + syscallTimes.length > 0;

/** Nothing where all of its repeats were traced. */
function untracedOf(run: RunFrame, tracer: string, records: readonly RepeatRecord[]): Untraced[] {
  const own = records.filter((record) => tracerOf(record) === tracer);
  const without = own.filter((record) => !isTraced(record));
  if (own.length > 0 && without.length === 0) return [];
  const reasons = without.flatMap(({ failure, unavailable }) => [
    ...(failure ? [failure.message] : []),
    ...unavailable.filter(({ probe }) => probe === tracer).map(({ reason }) => reason),
  ]);
  return [
    {
      tracer,
      series:
        without.length === own.length
          ? null
          : seriesInOrder(
              run,
              without.map(({ cell }) => cell),
            ),
      reasons: [...new Set(reasons)].sort(compareText),
    },
  ];
}

function common(run: RunFrame, record: RepeatRecord) {
  return {
    cell: record.cell,
    series: seriesOf(run, record.cell),
    concurrency: record.cell.concurrency,
    tracer: tracerOf(record),
    requests: requestsOf(record),
  };
}

const share = (value: number, requests: number | null): number | null =>
  requests === null ? null : value / requests;

/** Costliest first. */
const byTime = (
  a: { readonly timeUs: number; readonly syscall: string },
  b: { readonly timeUs: number; readonly syscall: string },
): number => b.timeUs - a.timeUs || compareText(a.syscall, b.syscall);

function profilesOf(run: RunFrame, record: RepeatRecord): TracedCell[] {
  const about = common(run, record);
  return (record.syscalls ?? []).map(({ tool, clock, role, rows }) => ({
    ...about,
    tool,
    clock,
    role,
    costs: rows
      .map((row) => ({
        ...row,
        callsPerRequest: share(row.calls, about.requests),
        timePerCallUs: row.calls > 0 ? row.timeUs / row.calls : null,
        timePerRequestUs: share(row.timeUs, about.requests),
      }))
      .sort(byTime),
  }));
}

function timedCallsOf(run: RunFrame, record: RepeatRecord): TimedCalls[] {
  const about = common(run, record);
  const times = record.syscallTimes ?? [];
  return roles
    .map((role) => ({ role, ofRole: times.filter((one) => one.role === role) }))
    .filter(({ ofRole }) => ofRole.length > 0)
    .map(({ role, ofRole }) => ({
      ...about,
      tool: ofRole[0]!.tool,
      role,
      distributions: ofRole
        .filter(({ calls }) => calls > 0)
        .map(({ syscall, calls, timeUs, buckets }) => ({
          syscall,
          calls,
          timeUs,
          callsPerRequest: share(calls, about.requests),
          timePerRequestUs: share(timeUs, about.requests),
          p50Us: upperBound(buckets, 0.5),
          p90Us: upperBound(buckets, 0.9),
          p99Us: upperBound(buckets, 0.99),
        }))
        .sort(byTime),
    }));
}

/** The upper bound of the bucket in which the call lies that `quantile` of all calls do not exceed. */
function upperBound(buckets: SyscallTimes['buckets'], quantile: number): number {
  const ordered = [...buckets].sort(([a], [b]) => a - b);
  const wanted = quantile * sum(ordered.map(([, calls]) => calls));
  let seen = 0;
  for (const [lowerUs, calls] of ordered) {
    seen += calls;
    if (seen >= wanted) return 2 * lowerUs;
  }
  return 2 * (ordered.at(-1)?.[0] ?? 0);
}

function slowDownOf(run: RunFrame, grid: Grid, record: RepeatRecord): SlowDown {
  const series = seriesOf(run, record.cell);
  const { concurrency } = record.cell;
  const untraced = grid.at(series.id, concurrency)?.requestsPerSecond?.median ?? 0;
  const traced = record.load && throughput(record.load);
  const isKnown = traced !== undefined && untraced > 0;
  const tool = [...(record.syscalls ?? []), ...(record.syscallTimes ?? [])][0]!.tool;
  return {
    series,
    concurrency,
    tracer: tracerOf(record),
    tool,
    share: isKnown ? 1 - traced / untraced : null,
  };
}

/** The tracer sees the server's whole life under load, so it is held against all that the server answered. */
function requestsOf(record: RepeatRecord): number | null {
  const answered = record.server ? sum(record.server.processes.map((process) => process.answered)) : null;
  const requests = answered ?? record.load?.total.succeeded ?? 0;
  return requests > 0 ? requests : null;
}
