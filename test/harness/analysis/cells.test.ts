import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastAttempts } from '../../../harness/analysis/attempts.ts';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import { csvFiles } from '../../../harness/render/csv.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const small = { concurrencies: [5, 10], traced: undefined };

describe('buildGrid', () => {
  it('gives a cell the median, the ends and the number of its repeats', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 3,
      noise: 0,
      adjust: (record) => {
        return withCount(record, 1000 * record.block);
      },
    });
    const cell = buildGrid(run, 'epoll').at('blocking-serial', 5)!;
    expect(cell.requestsPerSecond).toEqual({ count: 3, median: 2000, min: 1000, max: 3000 });
    expect([cell.planned, cell.ok, cell.failed]).toEqual([3, 3, 0]);
  });

  it('takes the rate of the time that was measured, not of the time that was planned', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 1,
      adjust: (record) => {
        record.load!.window.durationMs = 1500;
        return withCount(record, 3000);
      },
    });
    expect(buildGrid(run, 'epoll').at('blocking-serial', 5)!.requestsPerSecond!.median).toBe(2000);
  });

  it('never counts a failed repeat as throughput, even if it left figures behind', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 3,
      noise: 0,
      behaviour: () => ({ requestsPerSecond: 500 }),
      adjust: (record) =>
        record.block === 2
          ? {
              ...record,
              status: 'failed',
              failure: { stage: 'collect', message: 'the server died' },
              load: { ...record.load!, window: { ...record.load!.window, succeeded: 999_999 } },
            }
          : record,
    });
    const cell = buildGrid(run, 'epoll').at('blocking-serial', 5)!;
    expect(cell.requestsPerSecond).toEqual({ count: 2, median: 500, min: 500, max: 500 });
    expect([cell.ok, cell.failed]).toEqual([2, 1]);
  });

  it('keeps a server that answered nothing apart from one that was not measured', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 1,
      behaviour: () => ({ requestsPerSecond: 0, stalled: 5 }),
      adjust: (record) => (record.cell.concurrency === 10 ? null : record),
    });
    const grid = buildGrid(run, 'epoll');
    const silent = grid.at('blocking-serial', 5)!;
    expect(silent.repeats[0]!.requestsPerSecond).toBe(0);
    expect([silent.ok, silent.verdict.primary, silent.requestsPerSecond]).toEqual([1, 'invalid', null]);
    const missing = grid.at('blocking-serial', 10)!;
    expect([missing.ok, missing.verdict.primary, missing.requestsPerSecond]).toEqual([
      0,
      'undetermined',
      null,
    ]);
  });

  it('leaves other loads and the traced pass out', () => {
    const run = madeUpRun({
      scenario: {
        concurrencies: [5],
        loads: [{ id: 'epoll' }, { id: 'webbench' }],
        traced: { concurrencies: [5], warmupMs: 0, windowMs: 500 },
      },
      blocks: 2,
    });
    const grid = buildGrid(run, 'webbench');
    expect(grid.cells.map((cell) => cell.repeats.length)).toEqual([2, 2, 2]);
    expect(new Set(grid.cells.map((cell) => cell.cell.load))).toEqual(new Set(['webbench']));
  });

  it('puts a variant that the scenario does not know last, under its own name', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 1,
      adjust: (record) =>
        record.cell.variant === 'epoll-prefork-1'
          ? { ...record, cell: { ...record.cell, variant: 'a-stranger' } }
          : record,
    });
    const grid = buildGrid(run, 'epoll');
    expect(grid.series.map((series) => series.label)).toEqual([
      'blocking-serial',
      'epoll-prefork (1 worker)',
      'epoll-prefork (2 workers)',
      'a-stranger',
    ]);
    expect(grid.at('a-stranger', 5)).toMatchObject({ ok: 1, planned: 0 });
    expect(grid.at('epoll-prefork-1', 5)).toMatchObject({ ok: 0, planned: 1 });
  });

  it('takes each value of a factor for a line of its own', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 2,
      adjust: (record) => ({
        ...record,
        repeatId: `${record.repeatId}-x`,
        cell: { ...record.cell, factors: { backlog: record.block } },
      }),
    });
    const labels = buildGrid(run, 'epoll').series.map((series) => series.label);
    expect(labels).toContain('blocking-serial, backlog=1');
    expect(labels).toContain('blocking-serial, backlog=2');
  });

  it('says which cell has a histogram that cannot be read', () => {
    const run = madeUpRun({
      scenario: small,
      blocks: 1,
      adjust: (record) => {
        record.load!.responseTime!.hdr = 'bm9uc2Vuc2U=';
        return record;
      },
    });
    expect(() => buildGrid(run, 'epoll')).toThrow(/blocking-serial\/epoll\/c5/);
  });
});

describe('lastAttempts', () => {
  it('counts a repeat that was made again once, by its last attempt', () => {
    const [record] = madeUpRun({ scenario: small, blocks: 1 }).records;
    const failed = { ...record!, status: 'failed' as const, position: 3 };
    const later = { ...record!, position: 9 };
    expect(lastAttempts([later, failed])).toEqual([later]);
    expect(lastAttempts([failed, later])).toEqual([later]);
  });
});

describe('the order of a journal', () => {
  const run = madeUpRun({
    scenario: { concurrencies: [5, 10], traced: { concurrencies: [5], warmupMs: 0, windowMs: 500 } },
    blocks: 3,
  });
  const inOrder = csvFiles([analysePage(run, 'epoll', null)]);

  it('changes nothing', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...run.records], { minLength: run.records.length }), (records) => {
        expect(csvFiles([analysePage({ ...run, records }, 'epoll', null)])).toEqual(inOrder);
      }),
      { numRuns: 25 },
    );
  });
});
