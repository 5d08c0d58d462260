import { expect, it } from 'vitest';
import {
  parseCoreTimes,
  parsePressureMs,
  parseProcessTimes,
  parseSwitches,
  parseThrottledMs,
} from '../../../harness/core/proc-cpu.ts';
import { fixture } from '../../support/captured.ts';

it('reads core and process times', () => {
  const [first, second] = parseCoreTimes(
    'cpu  9 9 9\ncpu0 100 5 30 400 7 1 20 3 0 0\ncpu1 1 0 0 0 0 0 0 0 0 0\nintr 5\n',
  );
  expect(first).toEqual({
    core: 0,
    userMs: 1050,
    systemMs: 300,
    idleMs: 4000,
    iowaitMs: 70,
    irqMs: 10,
    softirqMs: 200,
    stealMs: 30,
  });
  expect(second?.core).toBe(1);
  const stat = '42 (a ) b) S 1 42 42 0 -1 0 0 0 0 0 250 130 0 0 20 0 1 0 189552';
  expect(parseProcessTimes(stat, '3800000000 1000000 9\n200000000 0 1\n')).toEqual({
    name: 'a ) b',
    userMs: 2500,
    systemMs: 1300,
    runMs: 4000,
    waitMs: 1,
  });
});

it('adds up the switches of all threads', () => {
  const status = fixture('proc/status.txt');
  expect(parseSwitches(status)).toEqual({ voluntarySwitches: 9, involuntarySwitches: 1 });
  expect(parseSwitches(`${status}\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t2\n`)).toEqual({
    voluntarySwitches: 14,
    involuntarySwitches: 3,
  });
  expect(parseSwitches('')).toEqual({ voluntarySwitches: 0, involuntarySwitches: 0 });
});

it('reads how long a control group was held back, in the unit of either version', () => {
  expect(parseThrottledMs(fixture('proc/cpu-stat-1.txt'))).toBe(126.371557);
  // As the kernel's documentation has it: this machine has no group of version 2 with a quota.
  expect(
    parseThrottledMs(
      'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\nthrottled_usec 2500\n',
    ),
  ).toBe(2.5);
  expect(parseThrottledMs('usage_usec 30\nuser_usec 20\nsystem_usec 10\n')).toBeNull();
});

it('reads the time in which some task waited', () => {
  expect(parsePressureMs(fixture('proc/pressure-cpu.txt'))).toBe(8589255.67);
  expect(() => parsePressureMs('')).toThrow(/no pressure/);
});
