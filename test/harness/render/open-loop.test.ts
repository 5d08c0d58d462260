import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { pack, unpack } from '../../../harness/analysis/packed-repeats.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import { analyseRepeat } from '../../../harness/analysis/repeat.ts';
import type { Run } from '../../../harness/core/journal.ts';
import { csvFiles } from '../../../harness/render/csv.ts';
import { explanation } from '../../../harness/render/explanation.ts';
import { opening } from '../../../harness/render/headline.ts';
import { renderPage } from '../../../harness/render/page.ts';
import { openLoopSection } from '../../../harness/render/sections/open-loop.ts';
import { asked, atFixedRate } from '../../support/made-up-open-loop.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** The serial server keeps half of what it is asked for, the others all of it. */
const run = madeUpRun({
  noise: 0,
  scenario: {
    concurrencies: [200],
    traced: undefined,
    loads: [{ id: 'epoll', params: { rate: asked, arrivals: 'poisson' } }],
  },
  behaviour: (variant) => ({ requestsPerSecond: variant === 'blocking-serial' ? 500 : asked }),
  adjust: (record) => atFixedRate(record, record.cell.variant === 'blocking-serial' ? 400 : 0),
});
const page = analysePage(run, 'epoll', null);
const cellOf = (variant: string) => page.grid.at(variant, 200)!;

describe('load at a fixed rate', () => {
  it('is added up over the blocks of a cell', () => {
    expect(cellOf('blocking-serial').openLoop).toEqual({
      rate: asked,
      planned: 3 * asked,
      started: 3 * 600,
      waited: 300,
      unstarted: 3 * 400,
      oldestUnstartedMs: 400,
    });
    // Blocks of 80, 100 and 120 µs, whose percentiles are those of all their requests.
    const { count, p50Us, p99Us, maxUs } = cellOf('epoll-prefork-1').scheduleError!;
    expect({ count, p50Us, p99Us, maxUs }).toEqual({ count: 2700, p50Us: 100, p99Us: 120, maxUs: 120 });
  });

  it('limited whoever did not keep up with it, and nobody else', () => {
    expect(cellOf('epoll-prefork-1').verdict.primary).toBe('as-asked');
    expect(cellOf('epoll-prefork-1').rateKept).toBe(true);
    expect(cellOf('blocking-serial').rateKept).toBe(false);
    expect(cellOf('blocking-serial').verdict.primary).not.toBe('as-asked');
  });

  it('is held against no concurrency', () => {
    expect(page.checks.map(({ kind }) => kind)).not.toContain('little');
    expect(cellOf('epoll-prefork-1').verdict.secondary).not.toContain('invalid');
  });

  it('is told of each cell: what was asked and answered, what was on time, and how long it took', () => {
    const section = openLoopSection(page)!;
    expect(section).toContain('| blocking-serial | 200 | 1,000 | 500 | 50 % | 10 % | 40 % | 400 ms |');
    expect(section).toContain('| epoll-prefork (1 worker) | 200 | 1,000 | 1,000 | 90 % | 10 % | 0 % | – |');
    expect(section).toMatch(
      /\| epoll-prefork \(1 worker\) \| 200 (\| [^|]+){5}\| 100 µs \| 120 µs \| 120 µs \|/,
    );
  });

  it('makes no headline of throughput, and no ratios', async () => {
    const { title, answer } = opening(page);
    expect(title).toBe('Three servers on one core');
    expect(answer.flat()[0]).toBe(
      'The load was a fixed number of requests per second, which start at planned times whatever becomes of others; that rate was kept in 2 of 3 cells.',
    );
    expect(page.headline.regions).toEqual([]);
    const text = (await renderPage(page, 'page', 'run')).get('page.md')!;
    expect(text).toContain('starts 1,000 requests per second at planned times');
    expect(text).toContain('(`rate: 1000`, `arrivals: poisson`): an open loop');
    expect(text).not.toMatch(/ times the throughput|closed loop of short connections/);
  });

  it('survives being packed', () => {
    const repeats = run.records.map((record) => analyseRepeat(record, []));
    for (const [at, packed] of unpack(pack(repeats)).entries()) {
      expect(packed.openLoop).toMatchObject({ ...repeats[at]!.openLoop });
      expect(packed.scheduleError).toMatchObject({ ...repeats[at]!.scheduleError });
    }
    const closed = madeUpRun({ blocks: 1 }).records.map((record) => analyseRepeat(record, []));
    expect(unpack(pack(closed)).every(({ openLoop }) => openLoop === null)).toBe(true);
  });
});

describe('the tables of load at a fixed rate', () => {
  const rows = (name: string): Record<string, string>[] => {
    const text = csvFiles([page]).get(name)!;
    return parse(text, { columns: true });
  };

  it('have what became of the plan, one row a repeat and one a cell', () => {
    const repeats = rows('open-loop-repeats.csv').filter(({ variant }) => variant === 'blocking-serial');
    expect(repeats).toHaveLength(3);
    expect(repeats[1]).toMatchObject({
      repeatId: 'b2-blocking-serial-epoll-c200',
      ...{
        askedRequestsPerSecond: '1000',
        planned: '1000',
        startedOnTime: '500',
        startedAfterWaiting: '100',
      },
      ...{ notStarted: '400', oldestNotStartedMs: '400', scheduleErrorP99Us: '100' },
    });
    const cells = rows('open-loop-cells.csv');
    expect(cells.map(({ variant, rateKept }) => [variant, rateKept])).toEqual([
      ['blocking-serial', 'false'],
      ['epoll-prefork-1', 'true'],
      ['epoll-prefork-2', 'true'],
    ]);
    expect(cells[1]).toMatchObject({ planned: '3000', startedOnTime: '2700', scheduleErrorP99Us: '120' });
  });

  it('are named on the page, and absent where all loops were closed', async () => {
    const text = (await renderPage(page, 'page', 'run')).get('page.md')!;
    for (const name of csvFiles([page]).keys()) {
      if (name.startsWith('open-loop')) expect(text).toContain(`(run/${name})`);
    }
    const closed = analysePage(madeUpRun({ blocks: 1 }), 'epoll', null);
    expect([...csvFiles([closed]).keys()].filter((name) => name.includes('open-loop'))).toEqual([]);
  });
});

describe('the explanation of a cell at a fixed rate', () => {
  const none = { samples: null, names: [], problem: null };
  const lines = (of: Run, variant: string): string[] => {
    const cell = buildGrid(of, 'epoll').at(variant, of.manifest.scenario.concurrencies[0]!)!;
    return explanation(
      of,
      cell,
      cell.repeats.map(() => none),
      'place',
    );
  };

  it('says what became of the plan and how late the load was, repeat by repeat', () => {
    const text = lines(run, 'blocking-serial').join('\n');
    expect(text).toContain('Requests at a fixed rate, in block 1, 2, 3:');
    expect(text).toMatch(/asked, per second +1,000 +1,000 +1,000$/m);
    expect(text).toMatch(/found a free connection on time +50 % +50 % +50 %$/m);
    expect(text).toMatch(/waited for a connection +10 % +10 % +10 %$/m);
    expect(text).toMatch(/not started by the end of the window +40 % +40 % +40 %$/m);
    expect(text).toMatch(/how long the oldest of these had waited +400 ms +400 ms +400 ms$/m);
    expect(text).toMatch(/the load's own lateness, median +80 µs +100 µs +120 µs$/m);
  });

  it('leaves that out of a closed loop', () => {
    expect(lines(madeUpRun(), 'blocking-serial').join('\n')).not.toContain('fixed rate');
  });
});

it('says nothing of an open loop where there is none', () => {
  expect(openLoopSection(analysePage(madeUpRun({ blocks: 1 }), 'epoll', null))).toBeNull();
});
