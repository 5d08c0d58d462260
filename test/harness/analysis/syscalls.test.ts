import { describe, expect, it } from 'vitest';
import { tracedPass } from '../../../harness/analysis/syscalls.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const traced = { concurrencies: [5], warmupMs: 0, windowMs: 500 };
const pass = (more: MadeUp = {}) =>
  tracedPass(madeUpRun({ scenario: { concurrencies: [5], traced }, blocks: 1, ...more }), 'epoll');

describe('tracedPass', () => {
  it('divides calls and time by what the server answered, costliest call first', () => {
    const [cell] = pass({
      adjust: (record) => {
        if (record.pass !== 'traced') return record;
        record.server!.processes = [{ ...record.server!.processes[0]!, answered: 200 }];
        record.syscalls = [
          {
            tool: 'strace -c -f',
            clock: 'system',
            role: 'all',
            rows: [
              { syscall: 'accept', calls: 300, errors: 100, timeUs: 600 },
              { syscall: 'close', calls: 200, errors: 0, timeUs: 4000 },
            ],
          },
        ];
        return record;
      },
    }).cells;
    expect(cell!.costs.map((cost) => cost.syscall)).toEqual(['close', 'accept']);
    expect(cell!.costs[0]).toMatchObject({ callsPerRequest: 1, timePerCallUs: 20, timePerRequestUs: 20 });
    expect(cell!.costs[1]).toMatchObject({ callsPerRequest: 1.5, timePerCallUs: 2, timePerRequestUs: 3 });
  });

  it('divides by what the client received where the server did not count', () => {
    const [cell] = pass({
      adjust: (record) => {
        delete record.server;
        record.load!.total.succeeded = 100;
        return record;
      },
    }).cells;
    expect(cell!.requests).toBe(100);
  });

  it('gives no figure per request where nothing was answered, and none per call where nothing was called', () => {
    const [cell] = pass({
      adjust: (record) => {
        delete record.server;
        record.load!.total.succeeded = 0;
        if (record.syscalls)
          record.syscalls[0]!.rows = [{ syscall: 'accept', calls: 0, errors: 0, timeUs: 0 }];
        return record;
      },
    }).cells;
    expect(cell!.costs).toEqual([
      expect.objectContaining({ callsPerRequest: null, timePerCallUs: null, timePerRequestUs: null }),
    ]);
  });

  it('keeps why it could not trace', () => {
    const missing = pass({
      adjust: (record) => {
        delete record.syscalls;
        return { ...record, unavailable: [{ probe: 'strace', reason: 'strace is not installed' }] };
      },
    });
    expect(missing.cells).toEqual([]);
    expect(missing.unavailable).toEqual(['strace: strace is not installed']);
  });

  it('takes nothing from timed repeats', () => {
    expect(pass({ scenario: { concurrencies: [5], traced: undefined } }).cells).toEqual([]);
  });
});
