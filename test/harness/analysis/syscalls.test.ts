import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { tracedPass } from '../../../harness/analysis/syscalls.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const traced = { concurrencies: [5], warmupMs: 0, windowMs: 500 };
const variants = [{ id: 'blocking-serial', label: 'blocking-serial', plugin: 'blocking-serial' }];
const withPrefork = [
  ...variants,
  { id: 'epoll-prefork-1', label: 'epoll-prefork (1 worker)', plugin: 'epoll-prefork' },
];
const pass = ({ scenario, ...more }: MadeUp = {}) => {
  const run = madeUpRun({
    scenario: { concurrencies: [5], traced, variants, ...scenario },
    blocks: 1,
    noise: 0,
    ...more,
  });
  return tracedPass(run, buildGrid(run, 'epoll'));
};
/** Changes the records of one tracer. */
const of =
  (tracer: string, change: (record: RepeatRecord) => void) =>
  (record: RepeatRecord): RepeatRecord => {
    if (record.tracer === tracer) change(record);
    return record;
  };

describe('profiles of a traced pass', () => {
  it('hold calls and time divided by what the server answered, costliest call first', () => {
    const [cell] = pass({
      adjust: of('strace', (record) => {
        record.server!.processes = [{ ...record.server!.processes[0]!, answered: 200 }];
        record.syscalls![0]!.rows = [
          { syscall: 'accept', calls: 300, errors: 100, timeUs: 600 },
          { syscall: 'close', calls: 200, errors: 0, timeUs: 4000 },
        ];
      }),
    }).cells;
    expect(cell!.costs.map((cost) => cost.syscall)).toEqual(['close', 'accept']);
    expect(cell!.costs[0]).toMatchObject({ callsPerRequest: 1, timePerCallUs: 20, timePerRequestUs: 20 });
    expect(cell!.costs[1]).toMatchObject({ callsPerRequest: 1.5, timePerCallUs: 2, timePerRequestUs: 3 });
  });

  it('divide by what the client received where the server did not count', () => {
    const [cell] = pass({
      adjust: (record) => {
        delete record.server;
        record.load!.total.succeeded = 100;
        return record;
      },
    }).cells;
    expect(cell!.requests).toBe(100);
  });

  it('give no figure per request where nothing was answered, and none per call where nothing was called', () => {
    const [cell] = pass({
      adjust: of('strace', (record) => {
        delete record.server;
        record.load!.total.succeeded = 0;
        record.syscalls![0]!.rows = [{ syscall: 'accept', calls: 0, errors: 0, timeUs: 0 }];
      }),
    }).cells;
    expect(cell!.costs).toEqual([
      expect.objectContaining({ callsPerRequest: null, timePerCallUs: null, timePerRequestUs: null }),
    ]);
  });

  it('stand by role and by clock, the parent before its workers', () => {
    const { cells, tracers } = pass({
      scenario: { variants: withPrefork },
      adjust: (record) => (record.cell.variant === 'epoll-prefork-1' ? record : null),
    });
    expect(tracers).toEqual(['strace', 'strace-wall', 'syscall-times']);
    expect(cells.map(({ clock, role }) => `${clock} ${role}`)).toEqual([
      'system parent',
      'system worker',
      'wall parent',
      'wall worker',
    ]);
  });

  it('are taken from journals that know neither tracers nor roles', () => {
    const { cells, tracers, slowDowns, untraced } = pass({
      scenario: { tracers: ['strace'] },
      adjust: of('strace', (record) => {
        delete record.tracer;
        record.syscalls![0]!.role = 'all';
      }),
      adjustManifest(manifest) {
        for (const repeat of manifest.repeats) delete repeat.tracer;
        manifest.scenario.tracers = ['strace', 'strace-wall', 'syscall-times'];
        return manifest;
      },
    });
    expect(tracers).toEqual(['strace']);
    expect(untraced).toEqual([]);
    expect(cells).toMatchObject([{ role: 'all', tracer: 'strace', clock: 'system' }]);
    expect(slowDowns).toMatchObject([{ tracer: 'strace', concurrency: 5 }]);
  });

  it('are never taken from timed repeats', () => {
    expect(pass({ scenario: { traced: undefined } }).cells).toEqual([]);
  });
});

describe('what could not be traced', () => {
  it('is kept with its reason, for the tracer alone that it concerns', () => {
    const { untraced, cells } = pass({
      adjust: of('strace-wall', (record) => {
        delete record.syscalls;
        record.unavailable = [
          { probe: 'strace-wall', reason: 'strace may not trace here' },
          { probe: 'sockets', reason: 'something else' },
        ];
      }),
    });
    expect(untraced).toEqual([
      { tracer: 'strace-wall', series: null, reasons: ['strace may not trace here'] },
    ]);
    expect(cells.map(({ clock }) => clock)).toEqual(['system']);
  });

  it('names its servers where others were traced', () => {
    const { untraced } = pass({
      scenario: { variants: withPrefork },
      adjust: of('syscall-times', (record) => {
        if (record.cell.variant !== 'epoll-prefork-1') return;
        record.status = 'failed';
        record.failure = { stage: 'load', message: 'exited with 1' };
      }),
    });
    expect(untraced).toMatchObject([
      { tracer: 'syscall-times', series: [{ variant: 'epoll-prefork-1' }], reasons: ['exited with 1'] },
    ]);
  });
});

describe('the slow-down by a tracer', () => {
  it('is the throughput that is missing from the median of the timed repeats', () => {
    const { slowDowns } = pass({ blocks: 3 });
    expect(slowDowns.map(({ tracer, share }) => [tracer, share!.toFixed(2)]).sort()).toEqual([
      ['strace', '0.75'],
      ['strace-wall', '0.80'],
      ['syscall-times', '0.20'],
    ]);
  });

  it('is not known where nothing was measured without tracing', () => {
    const { slowDowns } = pass({ adjust: (record) => (record.pass === 'timed' ? null : record) });
    expect(slowDowns.map(({ share }) => share)).toEqual([null, null, null]);
  });
});

describe('distributions of times', () => {
  it('give the upper bound of the bucket that a percentile lies in', () => {
    const { timedCalls } = pass({
      adjust: of('syscall-times', (record) => {
        record.syscallTimes = [
          {
            tool: 'syscall-times',
            role: 'only',
            syscall: 'accept',
            calls: 100,
            timeUs: 1000,
            buckets: [
              [64, 5],
              [1, 50],
              [4, 45],
            ],
          },
        ];
      }),
    });
    expect(timedCalls).toHaveLength(1);
    expect(timedCalls[0]).toMatchObject({ role: 'only', concurrency: 5 });
    expect(timedCalls[0]!.distributions).toMatchObject([
      { syscall: 'accept', p50Us: 2, p90Us: 8, p99Us: 128, calls: 100 },
    ]);
  });

  it('leave out what was never called', () => {
    const { timedCalls } = pass({
      adjust: of('syscall-times', (record) => {
        record.syscallTimes![0] = { ...record.syscallTimes![0]!, calls: 0, buckets: [] };
      }),
    });
    expect(timedCalls[0]!.distributions.map(({ syscall }) => syscall)).not.toContain('writev');
  });
});
