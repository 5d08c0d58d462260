import type { Run } from '../core/journal.ts';
import type { Cell, RepeatRecord } from '../core/record.ts';
import { lastAttempts } from './attempts.ts';
import { seriesInOrder, seriesOf, type Series } from './cells.ts';
import { sum } from './statistics.ts';

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

/** The profile of one traced cell by one tool, costliest call first. */
export interface TracedCell {
  readonly cell: Cell;
  readonly series: Series;
  readonly concurrency: number;
  readonly tool: string;
  readonly clock: 'system' | 'wall';
  readonly requests: number | null;
  readonly costs: readonly SyscallCost[];
}

export interface TracedPass {
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  readonly cells: readonly TracedCell[];
  readonly failed: readonly RepeatRecord[];
  /** Why probes could not trace, each reason once. */
  readonly unavailable: readonly string[];
}

export function tracedPass(run: Run, load: string): TracedPass {
  const records = lastAttempts(
    run.records.filter((record) => record.pass === 'traced' && record.cell.load === load),
  );
  const good = records.filter((record) => record.status === 'ok');
  const traced = good.filter((record) => (record.syscalls?.length ?? 0) > 0);
  const series = seriesInOrder(
    run,
    traced.map((record) => record.cell),
  );
  const rank = new Map(series.map((one, index) => [one.id, index]));
  const cells = traced
    .flatMap((record) => profilesOf(run, record))
    .sort((a, b) => rank.get(a.series.id)! - rank.get(b.series.id)! || a.concurrency - b.concurrency);
  return {
    series,
    concurrencies: [...new Set(cells.map((cell) => cell.concurrency))].sort((a, b) => a - b),
    cells,
    failed: records.filter((record) => record.status === 'failed'),
    unavailable: [
      ...new Set(
        good.flatMap((record) => record.unavailable.map(({ probe, reason }) => `${probe}: ${reason}`)),
      ),
    ].sort(),
  };
}

function profilesOf(run: Run, record: RepeatRecord): TracedCell[] {
  const requests = requestsOf(record);
  const share = (value: number): number | null => (requests === null ? null : value / requests);
  return (record.syscalls ?? []).map((profile) => ({
    cell: record.cell,
    series: seriesOf(run, record.cell),
    concurrency: record.cell.concurrency,
    tool: profile.tool,
    clock: profile.clock,
    requests,
    costs: profile.rows
      .map((row) => ({
        ...row,
        callsPerRequest: share(row.calls),
        timePerCallUs: row.calls > 0 ? row.timeUs / row.calls : null,
        timePerRequestUs: share(row.timeUs),
      }))
      .sort((a, b) => b.timeUs - a.timeUs || (a.syscall < b.syscall ? -1 : 1)),
  }));
}

/** The tracer sees the server's whole life under load, so it is held against all that the server answered. */
function requestsOf(record: RepeatRecord): number | null {
  const answered = record.server ? sum(record.server.processes.map((process) => process.answered)) : null;
  const requests = answered ?? record.load?.total.succeeded ?? 0;
  return requests > 0 ? requests : null;
}
