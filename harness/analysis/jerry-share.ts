import type { LoadResult } from '../core/record.ts';
import { present } from './statistics.ts';

export type Jerries = NonNullable<LoadResult['jerries']>;
type Host = Jerries['hosts'][number];

/** What a generator used of its own host's cores, its processes alone; null where that is not known. */
export function shareOfOwnCores({ cpu, cores, windowMs }: Host): number | null {
  if (cpu === null || cores.length === 0 || windowMs === 0) return null;
  return Math.min(1, (cpu.userMs + cpu.systemMs) / (windowMs * cores.length));
}

/** The same of the busiest of the hosts, since one that has no CPU left holds the load back whatever the others have. */
export function busiestShare(jerries: Jerries | undefined): number | null {
  const shares = present((jerries?.hosts ?? []).map(shareOfOwnCores));
  return shares.length === 0 ? null : Math.max(...shares);
}
