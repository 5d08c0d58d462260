import { describe, expect, it } from 'vitest';
import type { Trial } from '../../../harness/commands/doctor-trial.ts';
import { judge, verdictLines } from '../../../harness/commands/doctor-verdict.ts';

const quiet: Trial = {
  hosts: 'netns',
  load: 'uring',
  repeats: [1000, 1020, 990],
  strangersShares: [0.01, 0.02, 0.3],
  ceilings: [],
  sharedCores: false,
  failure: null,
};
const reasonsOf = (cores: number, change: Partial<Trial>, scenario: 'single-core' | 'dual-core') =>
  judge(cores, { ...quiet, ...change }).scenarios.find((one) => one.scenario === scenario)!.reasons;

describe('the verdict of the doctor', () => {
  it('takes a quiet machine with enough cores as it is', () => {
    expect(judge(3, quiet)).toEqual({
      noise: expect.closeTo(0.03, 10) as number,
      scenarios: [
        { scenario: 'single-core', meaningful: true, reasons: [] },
        { scenario: 'dual-core', meaningful: true, reasons: [] },
      ],
    });
  });

  it('asks for a core more than the server has', () => {
    expect(reasonsOf(2, {}, 'single-core')).toEqual([]);
    expect(reasonsOf(2, {}, 'dual-core')).toEqual([expect.stringContaining('needs 3 cores, and here are 2')]);
    expect(reasonsOf(1, {}, 'single-core')).toEqual([expect.stringContaining('needs 2 cores')]);
  });

  it('names noise, strangers, loopback and a failed trial', () => {
    expect(reasonsOf(4, { repeats: [1000, 1200] }, 'single-core')[0]).toContain('lie 18 % apart');
    expect(reasonsOf(4, { strangersShares: [0.2, 0.2] }, 'single-core')[0]).toContain('takes 20 %');
    expect(reasonsOf(4, { hosts: 'loopback' }, 'single-core')[0]).toContain('share one network stack');
    expect(reasonsOf(4, { failure: 'ready: no answer', repeats: [] }, 'dual-core')).toEqual([
      'nothing could be measured',
    ]);
    expect(verdictLines(judge(4, { ...quiet, repeats: [] }))[0]).toBe('noise floor: not known');
  });
});
