import { describe, expect, it } from 'vitest';
import { parseSyscallTimes } from '../../../harness/core/syscall-times-output.ts';
import { syscallTimesSchema } from '../../../harness/core/readings.ts';
import { fixture } from '../../support/captured.ts';

const timesOf = (name: string) => parseSyscallTimes(fixture(`syscall-times/${name}.json`));

describe('parseSyscallTimes', () => {
  it.each(['only', 'prefork-2'])('makes of %s what a record may hold', (name) => {
    const times = timesOf(name);
    expect(times.length).toBeGreaterThan(0);
    for (const one of times) {
      expect(syscallTimesSchema.parse(one)).toEqual(one);
      expect(one.buckets.reduce((sum, [, calls]) => sum + calls, 0)).toBe(one.calls);
    }
  });

  it('tells roles apart', () => {
    expect(new Set(timesOf('only').map(({ role }) => role))).toEqual(new Set(['only']));
    const sends = timesOf('prefork-2').filter(({ syscall }) => syscall === 'sendto');
    expect(sends.map(({ role }) => role)).toEqual(['parent']);
  });

  it('turns powers of nanoseconds into microseconds', () => {
    const row = {
      role: 'only',
      syscall: 'close',
      calls: 3,
      sumNs: 5000,
      buckets: [
        [10, 2],
        [11, 1],
      ],
    };
    const output = JSON.stringify({ event: 'syscallTimes', schema: 1, rows: [row] });
    expect(parseSyscallTimes(`{"event":"tracing"}\n${output}\n`)).toEqual([
      {
        tool: 'syscall-times',
        role: 'only',
        syscall: 'close',
        calls: 3,
        timeUs: 5,
        buckets: [
          [1.024, 2],
          [2.048, 1],
        ],
      },
    ]);
  });

  it.each(['', '{"event":"tracing"}'])('refuses output that ended early: %j', (stdout) => {
    expect(() => parseSyscallTimes(stdout)).toThrow(/ended before it printed/);
  });
});
