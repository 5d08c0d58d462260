import { describe, expect, it } from 'vitest';
import { parseIperf } from '../../../harness/core/iperf.ts';
import { fixture } from '../../support/captured.ts';

describe('the output of iperf3', () => {
  it('says what was received', () => {
    const { tool, bitsPerSecond } = parseIperf(fixture('iperf3/good.json'));
    expect(tool).toBe('iperf 3.12');
    // 1,385,299,968 bytes in 1.000919 s
    expect(bitsPerSecond).toBeCloseTo((8 * 1_385_299_968) / 1.000919, -3);
  });

  it('says why it has nothing to say', () => {
    expect(() => parseIperf(fixture('iperf3/no-server.json'))).toThrow(/Connection refused/);
    expect(() => parseIperf('{}')).toThrow(/invalid_type/);
    expect(() => parseIperf('iperf3: parameter error')).toThrow(/JSON/);
  });
});
