import { describe, expect, it } from 'vitest';
import webbench from '../../../harness/plugins/loads/webbench.ts';
import { captured } from '../../support/captured.ts';
import { parse, requestFor, webbenchRun } from '../../support/tool-output.ts';

describe('what a tool says itself', () => {
  it('is what ab printed: whole milliseconds, and bad statuses apart from its failures', () => {
    expect(parse('ab/good').claims).toEqual({
      rate: { name: 'Requests per second', printed: '3584.51 [#/sec]', perSecond: 3584.51 },
      latency: {
        name: 'Connection Times, Total',
        from: 'connect',
        ...{ mean: { printed: '1 ms', us: 1000 }, p50: null, p99: null },
        stepUs: 1000,
      },
      failures: { 'Failed requests': 0, 'Non-2xx responses': 0 },
    });
    const { claims, total } = parse('ab/some-resets');
    expect(claims!.failures['Failed requests']).toBe(3 * total.failed['connection']!);
  });

  it('is what wrk printed, in its units', () => {
    const stdout = captured('wrk/good')
      .stdout.replace(/^( +Latency +)\S+/m, '$11.25ms')
      .replace(/^( +99% +)\S+/m, '$11.02s');
    const { latency, rate } = parse('wrk/good', { stdout }).claims!;
    expect(latency).toMatchObject({
      from: 'request',
      corrected: true,
      mean: { printed: '1.25ms', us: 1250 },
    });
    expect(latency!.p99).toEqual({ printed: '1.02s', us: 1_020_000 });
    const [, printed] = /^Requests\/sec: +(\S+)/m.exec(stdout)!;
    expect(rate).toMatchObject({ perSecond: Number(printed) });
  });

  it('is nothing where it answered nothing', () => {
    expect(parse('wrk/never-answers').claims).toMatchObject({ rate: { perSecond: 0 }, latency: null });
    expect(parse('h2load/never-answers').claims).toMatchObject({ rate: null, latency: null });
  });

  it('is what autocannon said: twice as many requests sent as answered', () => {
    const { claims, total } = parse('autocannon/good');
    expect(claims!.sent! / total.succeeded).toBeGreaterThan(1.9);
    expect(parse('autocannon/bad-statuses').claims!.failures).toEqual({
      errors: 0,
      non2xx: expect.any(Number) as number,
    });
  });

  it('is absent in output of an autocannon driver that did not pass it on', () => {
    const stdout = captured('autocannon/good').stdout.replace(/,"said":\{.*\}\}$/m, '}');
    expect(parse('autocannon/good', { stdout }).claims).toBeUndefined();
  });

  it('is what is in the log of h2load, which is ended before it prints a rate', () => {
    const { claims } = parse('h2load/good');
    expect(claims!.rate).toBeNull();
    expect(claims!.latency).toMatchObject({ from: 'request', mean: { printed: '329 us', us: 329 } });
  });

  it("is webbench's Speed, failures in it", () => {
    const claims = webbench.parse(
      webbenchRun('server-killed-midway-c5'),
      requestFor('webbench', { windowMs: 3000 }),
    ).claims!;
    expect(claims.rate!.perSecond).toBeCloseTo((9895 + 912) / 3, 0);
    expect(claims).toMatchObject({ latency: null, failures: { failed: 912 } });
  });
});
