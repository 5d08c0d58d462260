import { describe, expect, it } from 'vitest';
import { parseStraceSummary, sumOfRows } from '../../../harness/core/strace-output.ts';
import { fixture } from '../../support/captured.ts';

const rowsOf = (name: string) => parseStraceSummary(fixture(`strace/${name}.txt`));
const namedRows = (name: string) => Object.fromEntries(rowsOf(name).map((row) => [row.syscall, row]));

describe('parseStraceSummary', () => {
  it.each(['prefork-1', 'system.worker-1', 'wall.parent', 'wall.worker-1', 'wall.only'])(
    'reads every row of %s but the total, which they add up to',
    (name) => {
      const total = /^\s*100\.00\s+\S+\s+\d+\s+(\d+)(?:\s+(\d+))?\s+total$/m.exec(
        fixture(`strace/${name}.txt`),
      )!;
      const rows = rowsOf(name);
      expect(rows.map(({ syscall }) => syscall)).not.toContain('total');
      expect(rows.reduce((sum, row) => sum + row.calls, 0)).toBe(Number(total[1]));
      expect(rows.reduce((sum, row) => sum + row.errors, 0)).toBe(Number(total[2] ?? 0));
    },
  );

  it('tells a parent that notifies from a worker that answers', () => {
    expect(namedRows('system.parent')).toHaveProperty('sendto');
    expect(namedRows('system.parent')).not.toHaveProperty('writev');
    expect(namedRows('system.worker-1')['writev']!.errors).toBe(0);
    expect(namedRows('system.worker-1')['accept4']!.errors).toBeGreaterThan(0);
  });

  it('finds the waiting of a blocked server in its wall time', () => {
    const perCall = rowsOf('wall.only').map(
      ({ syscall, calls, timeUs }) => [syscall, timeUs / calls] as const,
    );
    expect(perCall.sort(([, a], [, b]) => b - a)[0]![0]).toBe('accept');
  });

  it('takes no table for no calls, where strace was attached', () => {
    expect(rowsOf('system.idle')).toEqual([]);
  });

  it('says so where strace did not get that far', () => {
    expect(() => parseStraceSummary('strace: attach: Operation not permitted')).toThrow(/no summary/);
  });
});

it('sumOfRows adds up what several processes did, by syscall', () => {
  const close = { syscall: 'close', calls: 2, errors: 0, timeUs: 10 };
  const accept = { syscall: 'accept4', calls: 5, errors: 3, timeUs: 7 };
  expect(sumOfRows([[close, accept], [], [{ ...accept, calls: 1, errors: 1, timeUs: 1 }]])).toEqual([
    close,
    { syscall: 'accept4', calls: 6, errors: 4, timeUs: 8 },
  ]);
});
