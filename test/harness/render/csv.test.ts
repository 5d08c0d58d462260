import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { csvFiles } from '../../../harness/render/csv.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

type Row = Record<string, string>;

function tables(options: MadeUp = {}): Record<'repeats' | 'cells' | 'syscalls' | 'times', Row[]> {
  const run = madeUpRun({
    blocks: 2,
    noise: 0,
    ...options,
    scenario: {
      concurrencies: [5],
      traced: { concurrencies: [5], warmupMs: 0, windowMs: 500 },
      ...options.scenario,
    },
  });
  const files = csvFiles([analysePage(run, 'epoll', null)]);
  const rows = (name: string): Row[] => parse(files.get(`${name}.csv`)!, { columns: true });
  return {
    repeats: rows('repeats'),
    cells: rows('cells'),
    syscalls: rows('syscalls'),
    times: rows('syscall-times'),
  };
}

describe('the CSV tables', () => {
  it('have one row a timed repeat, one a cell, and one a syscall of the traced pass', () => {
    const { repeats, cells, syscalls } = tables();
    expect(repeats).toHaveLength(6);
    expect(new Set(repeats.map((row) => row['repeatId'])).size).toBe(6);
    expect(cells).toHaveLength(3);
    // From two tracers of each of three servers.
    expect(syscalls.filter((row) => row['syscall'] === 'writev')).toHaveLength(6);
  });

  it('tell the syscalls of a parent from those of its workers', () => {
    const { syscalls, times } = tables();
    const rolesOf = (rows: Row[], syscall: string): string[] => [
      ...new Set(rows.filter((row) => row['syscall'] === syscall).map((row) => row['role']!)),
    ];
    for (const rows of [syscalls, times]) {
      expect(rolesOf(rows, 'writev')).toEqual(['only', 'worker']);
      expect(rolesOf(rows, 'sendto')).toEqual(['parent']);
    }
  });

  it('give times of syscalls as upper bounds', () => {
    const { times } = tables({ behaviour: () => ({ requestsPerSecond: 1000 }) });
    // 24 microseconds lie between 16.384 and 32.768; one call in twenty took eight times as long.
    expect(times.find((row) => row['syscall'] === 'writev')).toMatchObject({
      tool: 'syscall-times',
      callsPerRequest: '1',
      timePerRequestUs: '24',
      p50UpperBoundUs: '32.768',
      p90UpperBoundUs: '32.768',
      p99UpperBoundUs: '262.144',
    });
  });

  it('hold what the records say, units in the names', () => {
    const { repeats, cells } = tables({ behaviour: () => ({ requestsPerSecond: 1200, overflows: 24 }) });
    expect(repeats[0]).toMatchObject({
      variant: 'blocking-serial',
      load: 'epoll',
      concurrency: '5',
      status: 'ok',
      succeeded: '1200',
      requestsPerSecond: '1200',
      pagesPerMinute: '72000',
      listenOverflows: '24',
      overflowsPerSecond: '20',
      halvesRatio: '1',
      measuredMs: '1000',
    });
    expect(cells[0]).toMatchObject({
      succeededRepeats: '2',
      requestsPerSecondMedian: '1200',
      overflowsPerSecondMax: '20',
      generatorBound: 'false',
      disturbed: 'false',
    });
  });

  it('keep a failed repeat with its message, whatever is in it, and without figures', () => {
    const message = 'said "no",\nand left';
    const { repeats, cells } = tables({
      adjust: (record) =>
        record.block === 1 ? { ...record, status: 'failed', failure: { stage: 'load', message } } : record,
    });
    const failed = repeats.find((row) => row['status'] === 'failed')!;
    expect(failed).toMatchObject({ failureStage: 'load', failureMessage: message, requestsPerSecond: '' });
    expect(cells[0]).toMatchObject({ succeededRepeats: '1', failedRepeats: '1' });
  });

  it('leave empty what was not measured, and never write zero for it', () => {
    const { repeats } = tables({
      adjust: (record) => {
        delete record.kernel;
        delete record.cpu;
        record.load!.responseTime = null;
        return record;
      },
    });
    for (const column of ['listenOverflows', 'serverPercent', 'generatorShare', 'responseP99Us']) {
      expect([column, repeats[0]![column]]).toEqual([column, '']);
    }
  });

  it('have a header alone where there are no rows', () => {
    const { syscalls, times } = tables({ scenario: { traced: undefined } });
    expect([syscalls, times]).toEqual([[], []]);
  });
});
