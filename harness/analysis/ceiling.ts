import type { Run } from '../core/journal.ts';
import { concurrencyClasses, type ConcurrencyClass } from '../core/ceiling.ts';
import { cpuUse } from './cpu.ts';
import { lastAttempts } from './attempts.ts';
import { wholeRecords, type DigestedRun } from './digest.ts';
import { throughput, type RepeatRecord } from '../core/record.ts';
import { fitted } from './thresholds.ts';

/** A figure above this share of its load's ceiling is one of the load generator's as much as of the server's. */
export const ceilingLimitShare = fitted.ceiling;

/** What a load can do with a class of concurrencies on these cores. */
export interface Ceiling extends ConcurrencyClass {
  /** Against the sink, as measured. */
  readonly sinkRequestsPerSecond: number;
  /** How much of what it could use the generator used for that, from 0 to 1; null: not measured. */
  readonly generatorShare: number | null;
  /**
   * Requests per second with all the CPU time that the generator may use. Where the sink was exhausted before the
   * generator, its rate is scaled up to that, as if each request went on costing the generator the same. That errs
   * on the low side: a busier generator handles more events a wake-up.
   */
  readonly requestsPerSecond: number;
}

/** The ceilings of one load of a run, by rising concurrency; none where they were not measured. */
export function ceilingsOfRun(run: Run | DigestedRun, load: string): Ceiling[] {
  const records = wholeRecords(run).filter(({ pass, cell }) => pass === 'ceiling' && cell.load === load);
  const { scenario, environment } = run.manifest;
  return ceilingsOf(records, scenario.concurrencies, environment.sharedCores.length > 0);
}

/**
 * The ceilings that repeats against the sink give for a grid. Where several were measured at one concurrency, as in a run
 * that was joined of shards, the lowest holds: no figure may look further from the generator's limit than it was.
 */
export function ceilingsOf(
  repeats: readonly RepeatRecord[],
  concurrencies: readonly number[],
  sharedCores: boolean,
): Ceiling[] {
  const records = lastAttempts(repeats.filter((record) => record.status === 'ok'));
  return concurrencyClasses(concurrencies).flatMap((members) => {
    const measured = records
      .filter(({ cell }) => cell.concurrency === members.measuredAt)
      .flatMap((record) => ceilingOf(record, members, sharedCores));
    return measured.sort((a, b) => a.requestsPerSecond - b.requestsPerSecond).slice(0, 1);
  });
}

function ceilingOf(record: RepeatRecord, members: ConcurrencyClass, sharedCores: boolean): Ceiling[] {
  const rate = record.load ? throughput(record.load) : 0;
  if (rate <= 0) return [];
  const generatorShare = cpuUse(record).generatorShare;
  // On a shared core the share is that of everybody on it.
  const used = sharedCores || generatorShare === null ? 1 : Math.min(1, Math.max(generatorShare, 0.01));
  return [{ ...members, sinkRequestsPerSecond: rate, generatorShare, requestsPerSecond: rate / used }];
}

/** The ceiling that holds for a concurrency; null where none was measured. */
export function ceilingAt(ceilings: readonly Ceiling[], concurrency: number): Ceiling | null {
  return ceilings.find(({ from, to }) => from <= concurrency && concurrency <= to) ?? null;
}
