/*
 * The ceiling of a load: how many requests per second it can make on these cores, found against the cheapest server
 * there is. A figure near it says more of the load generator than of the server.
 */

/** The server that ceilings are measured against. No scenario may use its id for another one. */
export const ceilingVariant = {
  id: 'sink',
  label: 'sink',
  plugin: 'sink',
  // No listen queue may overflow here.
  params: { backlog: 20_000 },
  optional: false,
};

/** A namespace's is 4096 unless somebody changed it, which would cut the sink's backlog off. */
export const ceilingSettings = { 'net.core.somaxconn': 20_000 } as const;

/** Thousands of connections are opened one after the other, and need their time before they count. */
export const ceilingWarmupMs = (concurrency: number): number => 250 + Math.round(0.3 * concurrency);

export const ceilingWindowMs = 1000;

/** Concurrencies that share one ceiling: `from` to `to`, measured at `measuredAt`. */
export interface ConcurrencyClass {
  readonly from: number;
  readonly to: number;
  readonly measuredAt: number;
}

/**
 * The decades of a grid, each measured at one of its own concurrencies: the middle one, since a generator slows down
 * with the number of its connections; below 10 the largest, since there the round trip and not the generator is what
 * limits a few clients.
 */
export function concurrencyClasses(concurrencies: readonly number[]): ConcurrencyClass[] {
  const decades = new Map<number, number[]>();
  for (const concurrency of [...concurrencies].sort((a, b) => a - b)) {
    const decade = String(concurrency).length;
    decades.set(decade, [...(decades.get(decade) ?? []), concurrency]);
  }
  return [...decades].map(([decade, members]) => ({
    from: members[0]!,
    to: members.at(-1)!,
    measuredAt: decade === 1 ? members.at(-1)! : members[Math.floor(members.length / 2)]!,
  }));
}
