import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Run } from '../../harness/core/journal.ts';
import type { Manifest } from '../../harness/core/manifest.ts';
import { cellId, type RepeatRecord } from '../../harness/core/record.ts';

const secondMs = 1000;

/** What makes a copy another repeat: its block, its place in the run, and its name. */
interface Place {
  readonly repeatId: string;
  readonly block: number;
  readonly position: number;
}

/** The timed entries over and over until there are `count`, each time as blocks that come after those before. */
function* copies<Entry extends RepeatRecord | Manifest['repeats'][number]>(
  entries: readonly Entry[],
  count: number,
): Generator<{ entry: Entry; place: Place }> {
  const timed = entries.filter((entry) => entry.pass === 'timed');
  const others = entries.length - timed.length;
  const blocks = timed.reduce((most, entry) => Math.max(most, entry.block), 0);
  for (let index = 0; index < count; index += 1) {
    const entry = timed[index % timed.length]!;
    const block = entry.block + blocks * Math.floor(index / timed.length);
    const repeatId = `b${block}-${cellId(entry.cell).replaceAll('/', '-')}`;
    yield { entry, place: { repeatId, block, position: others + index + 1 } };
  }
}

/** The run's manifest as it would be if it had asked for `count` timed repeats. */
export function enlargedManifest({ manifest }: Run, count: number): Manifest {
  const others = manifest.repeats.filter(({ pass }) => pass !== 'timed');
  const timed = [...copies(manifest.repeats, count)].map(({ entry, place }) => ({ ...entry, ...place }));
  return { ...manifest, attempts: [], repeats: [...others, ...timed] };
}

/**
 * The run's records, with `count` timed ones made of its own, the same each time. A window is made up to 2 % longer or
 * shorter, so that throughputs scatter while all that was counted, by whomever, still agrees.
 */
export function* enlargedRecords({ records }: Run, count: number): Generator<RepeatRecord> {
  yield* records.filter(({ pass }) => pass !== 'timed');
  const random = xoroshiro128plus(1);
  for (const { entry, place } of copies(records, count)) {
    const startedAt = new Date(Date.parse(entry.startedAt) + place.position * secondMs).toISOString();
    yield { ...stretched(entry, uniformInt(random, 9800, 10_200) / 10_000), ...place, startedAt };
  }
}

function stretched(record: RepeatRecord, factor: number): RepeatRecord {
  if (!record.load) return record;
  const { window } = record.load;
  const [first, second] = window.halves ?? [];
  const durationMs = window.durationMs * factor;
  const halves: typeof window.halves =
    first && second
      ? [
          { ...first, durationMs: first.durationMs * factor },
          { ...second, durationMs: second.durationMs * factor },
        ]
      : null;
  return { ...record, load: { ...record.load, window: { ...window, durationMs, halves } } };
}
