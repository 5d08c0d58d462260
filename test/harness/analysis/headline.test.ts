import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { headline, type Headline } from '../../../harness/analysis/headline.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const noise = 0.2;

/** What opens the page of a run; its servers answer alike, but for `factor`. */
function openingOf(seed: number, factor: (variant: string, concurrency: number) => number): Headline {
  const random = xoroshiro128plus(seed);
  const run = madeUpRun({
    scenario: { concurrencies: [1, 2, 5, 10, 20, 50, 100, 200], traced: undefined },
    blocks: 5,
    behaviour: (variant, concurrency) => ({
      requestsPerSecond: 1000 * factor(variant, concurrency),
      overflows: concurrency > 5 ? 10 : 0,
    }),
    adjust: (record) => {
      const deviation = 1 + (noise * uniformInt(random, -1000, 1000)) / 1000;
      const { variant, concurrency } = record.cell;
      return withCount(record, Math.round(1000 * factor(variant, concurrency) * deviation));
    },
  });
  return headline(run, buildGrid(run, 'epoll'));
}

const claims = ({ regions, step }: Headline): number =>
  [...regions.flatMap(({ ratios }) => ratios), ...(step?.ratios ?? [])].filter(
    ({ ratio, contrary }) => ratio.relation !== 'unclear' || contrary.length > 0,
  ).length;

it('claims something in few runs of servers that are alike, regions and the step to the overflow together', () => {
  const runs = 200;
  const wrong = Array.from({ length: runs }, (_, seed) => claims(openingOf(seed, () => 1))).filter(
    (count) => count > 0,
  ).length;
  // Two families, of regions and of the step, each within 5 %.
  expect(wrong / runs).toBeLessThanOrEqual(0.1);
}, 120_000);

it('names the concurrencies at which it was the other way round, where the whole table says so', () => {
  const opposite = openingOf(1, (variant, concurrency) => {
    if (variant !== 'epoll-prefork-1') return 1;
    return concurrency === 200 ? 3 : 0.3;
  });
  const ratios = opposite.regions.flatMap((region) => region.ratios);
  const contrary = ratios.filter((one) => one.contrary.length > 0);
  expect(contrary.map(({ series }) => series.variant)).toEqual(['epoll-prefork-1']);
  expect(contrary[0]!.contrary).toEqual([200]);
  // A tenth more at one concurrency is within the noise of a single cell: no exception is made of it.
  const slight = openingOf(2, (variant, concurrency) => {
    if (variant !== 'epoll-prefork-1') return 1;
    return concurrency === 200 ? 1.1 : 0.3;
  });
  const clear = slight.regions.flatMap((region) => region.ratios);
  expect(clear.flatMap((one) => one.contrary)).toEqual([]);
  expect(
    clear.filter(({ ratio }) => ratio.relation === 'slower').map(({ series }) => series.variant),
  ).toEqual(['epoll-prefork-1', 'epoll-prefork-1']);
});
