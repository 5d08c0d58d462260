import { seriesInOrder, seriesOf, type Series } from '../analysis/cells.ts';
import type { Manifest } from '../core/manifest.ts';
import { cellId } from '../core/record.ts';

/** One grid of variants and concurrencies: the timed cells of one load. */
export interface Page {
  readonly load: string;
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  readonly at: ReadonlyMap<string, PlacedCell>;
}

export interface PlacedCell {
  readonly id: string;
  readonly planned: number;
}

export const placeOf = (series: Series, concurrency: number): string => `${concurrency} ${series.id}`;

/** The pages of a run, in the order of its loads. */
export function pagesOf(manifest: Manifest): Page[] {
  const run = { manifest, records: [], torn: false };
  const timed = manifest.repeats.filter((repeat) => repeat.pass === 'timed').map((repeat) => repeat.cell);
  return manifest.scenario.loads.map(({ id: load }) => {
    const cells = timed.filter((cell) => cell.load === load);
    const at = new Map<string, PlacedCell>();
    for (const cell of cells) {
      const place = placeOf(seriesOf(run, cell), cell.concurrency);
      at.set(place, { id: cellId(cell), planned: (at.get(place)?.planned ?? 0) + 1 });
    }
    return {
      load,
      series: seriesInOrder(run, cells),
      concurrencies: [...new Set(cells.map((cell) => cell.concurrency))].sort((a, b) => a - b),
      at,
    };
  });
}
