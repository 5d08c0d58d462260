import type { Run } from '../core/journal.ts';
import { lastAttempts } from './attempts.ts';
import { ceilingAt, type Ceiling } from './ceiling.ts';
import type { CellAnalysis } from './cells.ts';
import { wholeRecords, type DigestedRun } from './digest.ts';
import { shareOfOwnCores, type Jerries } from './jerry-share.ts';
import { median, present } from './statistics.ts';

type Host = Jerries['hosts'][number];

/** One of several Jerrys in a cell: medians over its good repeats. */
export interface JerryFigures {
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly failedPerSecond: number;
  readonly share: number | null;
}

/** Each Jerry of a cell in its order; none where one host made the load. */
export function jerriesOf({ repeats }: Pick<CellAnalysis, 'repeats'>): JerryFigures[] {
  const all = present(repeats.filter(({ ok }) => ok).map(({ jerries }) => jerries));
  return (all[0]?.hosts ?? []).map(({ concurrency }, at) => {
    const hosts = present(all.map(({ hosts: of }) => of[at] ?? null));
    const rate = (count: (host: Host) => number): number =>
      median(hosts.map((host) => (count(host) * 1000) / host.windowMs)) ?? 0;
    return {
      connections: concurrency,
      requestsPerSecond: rate(({ succeeded }) => succeeded),
      failedPerSecond: rate(({ failed }) => failed),
      share: median(present(hosts.map(shareOfOwnCores))),
    };
  });
}

/** The longest time between the first and the last start of any repeat; null where one host made the load. */
export function longestSpreadMs(cells: readonly Pick<CellAnalysis, 'repeats'>[]): number | null {
  const all = cells.flatMap(({ repeats }) => present(repeats.map(({ jerries }) => jerries)));
  return all.length === 0 ? null : Math.max(...all.map(({ startSpreadMs }) => startSpreadMs));
}

/** A server whose cores were not used up, since the load was: what it could do, and how many Jerrys that takes. */
export interface Unsaturated {
  /** Requests per second with all of Tom's cores, at the CPU time that each costs now. */
  readonly demand: number;
  readonly jerries: number;
}

/** Below this share of Tom's cores a server has CPU to spare. */
const spareShare = 0.9;

/** Null where the server had no CPU to spare, or the load had. `jerries`: how many made the ceiling together. */
export function unsaturatedBy(
  cell: CellAnalysis,
  ceilings: readonly Ceiling[],
  jerries: number,
): Unsaturated | null {
  const ceiling = ceilingAt(ceilings, cell.concurrency);
  const serverShare = median(present(cell.repeats.filter(({ ok }) => ok).map(({ cpu }) => cpu.serverShare)));
  const rate = cell.requestsPerSecond?.median;
  if (cell.generatorBound !== true || ceiling === null || serverShare === null || rate === undefined)
    return null;
  if (serverShare <= 0 || serverShare >= spareShare) return null;
  const demand = rate / serverShare;
  const needed = Math.ceil((demand * jerries) / ceiling.requestsPerSecond);
  return needed > jerries ? { demand, jerries: needed } : null;
}

/** What each Jerry did against the sink, by the concurrency of all; none where one host made the load. */
export function ceilingsOfJerries(run: Run | DigestedRun, load: string) {
  const records = lastAttempts(
    wholeRecords(run).filter(
      ({ pass, status, cell }) => pass === 'ceiling' && status === 'ok' && cell.load === load,
    ),
  );
  return records
    .flatMap(({ cell, load: result }) => {
      const hosts = (result?.jerries?.hosts ?? []).map((host) => ({
        connections: host.concurrency,
        requestsPerSecond: (host.succeeded * 1000) / host.windowMs,
        share: shareOfOwnCores(host),
      }));
      return hosts.length === 0 ? [] : [{ concurrency: cell.concurrency, hosts }];
    })
    .sort((a, b) => a.concurrency - b.concurrency);
}
