import type { Cell } from './record.ts';

/** One sentence for each load of these cells, which are more than it can make. */
export function beyondLimits(
  cells: readonly Pick<Cell, 'load' | 'concurrency'>[],
  timings: ReadonlyMap<string, { readonly mostConnections?: number }>,
): string[] {
  return [...new Set(cells.map(({ load }) => load))].map((load) => {
    const ownCells = cells.filter((cell) => cell.load === load);
    const concurrencies = [...new Set(ownCells.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
    const most = timings.get(load)!.mostConnections!;
    return `The load "${load}" makes at most ${most} connections, so it was left out at ${concurrencies.join(', ')}.`;
  });
}
