import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../harness/core/plugin.ts';
import { loadResultSchema } from '../../../harness/core/record.ts';
import ab from '../../../harness/plugins/loads/ab.ts';
import webbench, { parseWebbench } from '../../../harness/plugins/loads/webbench.ts';
import { captured, fixture } from '../../support/captured.ts';
import { loads, parse, requestFor, webbenchRun } from '../../support/tool-output.ts';

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

describe.each(['ab', 'autocannon', 'h2load', 'wrk'])('%s', (id) => {
  it('counts a good run as the server did, but for what was in flight', () => {
    const { served } = captured(`${id}/good`);
    const result = parse(`${id}/good`);
    expect(result.total.succeeded).toBeGreaterThan(0);
    expect(served - result.total.succeeded).toBeGreaterThanOrEqual(0);
    expect(served - result.total.succeeded).toBeLessThanOrEqual(5);
    expect(result.window.failed).toEqual({});
    expect(result.total.failed).toEqual({});
    expect(result.window.durationMs).toBeGreaterThanOrEqual(990);
    expect(result.cpu!.userMs + result.cpu!.systemMs).toBeGreaterThan(0);
    expect(() => loadResultSchema.parse(result)).not.toThrow();
    // What it can't tell.
    expect(result).toMatchObject({ stalled: null, connectTime: null, responseTime: null });
    expect(result.total).toMatchObject({ started: null, connected: null, unanswered: null });
  });

  it('counts only answers of 200 as successes, half of which were none', () => {
    const { total } = parse(`${id}/bad-statuses`);
    const { served } = captured(`${id}/bad-statuses`);
    expect(Math.abs(total.failed['badStatus']! - served / 2)).toBeLessThanOrEqual(5);
    // ab does not say which of them had the wrong length too, and the fewest possible successes count.
    const succeeded = id === 'ab' ? served / 4 : served / 2;
    expect(Math.abs(total.succeeded - succeeded)).toBeLessThanOrEqual(8);
  });

  it('says that it hung where it stood still until its time limit was over', () => {
    const hung = captured(`${id}/hung`);
    expect(hung).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
    expect(hung.served).toBeGreaterThan(0);
    expect(() => parse(`${id}/hung`)).toThrow(`${id} hung`);
  });

  it('refuses a parameter that it does not have', () => {
    const machine = { program: (name: string) => name, scratchDir: '/tmp' } as Machine;
    const request = requestFor(id, { choice: { id, params: { colour: 'red' } } });
    expect(() => loads[id]!.command(request, machine)).toThrow(`load ${id} has no parameter "colour"`);
  });
});

describe('a server that vanishes, misbehaves, is not there or is silent', () => {
  it.each([
    ['ab/server-vanishes', 200],
    ['autocannon/server-vanishes', 200],
    ['wrk/server-vanishes', 200],
    ['ab/no-server', 0],
    ['autocannon/no-server', 0],
    ['wrk/never-answers', 0],
    ['h2load/never-answers', 0],
    ['autocannon/never-answers', 0],
  ])('leaves the answers that came: %s', (name, succeeded) => {
    const { total } = parse(name);
    expect(Math.abs(total.succeeded - succeeded)).toBeLessThanOrEqual(5);
    if (name.endsWith('never-answers')) expect(total.failed).toEqual({});
    else expect(sum(total.failed)).toBeGreaterThan(0);
  });

  it.each([
    ['wrk/no-server', /wrk failed \(exit code 1\): unable to connect/],
    ['ab/never-answers', /ab failed \(exit code 119\): apr_pollset_poll: The timeout specified has expired/],
    ['h2load/no-server', /h2load failed: h2load ended before its window did/],
    ['h2load/server-vanishes', /all of its clients have failed/],
    ['h2load/some-resets', /all of its clients have failed/],
    ['h2load/some-empty', /all of its clients have failed/],
  ])('fails with a reason: %s', (name, message) => {
    expect(() => parse(name)).toThrow(message);
  });

  it.each([
    ['ab/some-resets', 'connection'],
    ['autocannon/some-resets', 'connection'],
    ['wrk/some-resets', 'read'],
    ['ab/some-empty', 'wrongLength'],
    ['wrk/some-empty', 'read'],
  ])('counts each failure once, under its cause: %s', (name, cause) => {
    const { served } = captured(name);
    const { total } = parse(name);
    expect(Object.keys(total.failed)).toEqual([cause]);
    expect(Math.abs(total.failed[cause]! - served / 10)).toBeLessThanOrEqual(5);
    expect(Math.abs(total.succeeded - (served * 9) / 10)).toBeLessThanOrEqual(5);
  });
});

describe('ab', () => {
  const good = captured('ab/good').stdout;

  it('says so when it ran out of requests before its time', () => {
    const stdout = good.replace(/^Complete requests: .*$/m, 'Complete requests:      200000');
    expect(() => parse('ab/good', { stdout })).toThrow(/ended before its time/);
  });

  it('tells how many more may have succeeded where its counts overlap', () => {
    const { notes, total } = parse('ab/bad-statuses');
    const most = Number(/up to (\d+) succeeded/.exec(notes.join(' '))![1]);
    expect(most).toBeGreaterThan(total.succeeded);
    expect(Math.abs(most - captured('ab/bad-statuses').served / 2)).toBeLessThanOrEqual(5);
  });

  it('gives -n after -t, which would set it to 50,000', () => {
    const command = ab.command(requestFor('ab', { windowMs: 2500 }), { program: (name) => name } as Machine);
    expect(command.join(' ')).toMatch(
      /^timed-run -- ab -t 3 -n 600000 -c 5 -s 8 -r .*http:\/\/127.0.0.1:11111\/$/,
    );
  });
});

describe('h2load', () => {
  it('names the clients that were lost without a word', () => {
    const stdout = captured('h2load/good').stdout.replaceAll('"connection":0', '"connection":2');
    const { total, notes, claims } = parse('h2load/good', { stdout });
    expect(total.failed).toEqual({ connection: 2 });
    expect(claims!.clientsLost).toBe(2);
    expect(parse('h2load/good').claims!.clientsLost).toBeUndefined();
    expect(notes.join(' ')).toMatch(/3 of 5 were left/);
  });
});

describe('webbench', () => {
  it.each([
    ['good-c1', 18_095, 0],
    ['good-c3', 23_423, 0],
    ['server-killed-midway-c5', 9895, 912],
    ['never-answers-c5', 0, 0],
  ])('reads what it printed: %s', (name, succeeded, failed) => {
    expect(parseWebbench(fixture(`webbench/${name}.stdout`))).toMatchObject({ succeeded, failed });
  });

  it('counts failures into Speed, so we never use it for throughput', () => {
    const { pagesPerMinute, succeeded, failed } = parseWebbench(
      fixture('webbench/server-killed-midway-c5.stdout'),
    );
    expect(pagesPerMinute).toBe((succeeded + failed) * 20);
  });

  it('takes whole seconds, ignores the exit status and marks as unknown what the tool cannot tell', () => {
    const request = requestFor('webbench', { windowMs: 2500 });
    const result = webbench.parse(webbenchRun('good-c10'), request);
    expect(result.window).toMatchObject({ durationMs: 3000, failed: {}, halves: null });
    expect(result).toMatchObject({ responseTime: null, stalled: null, cpu: { userMs: 20, systemMs: 30 } });
    expect(webbench.command(request, { program: (name) => name } as Machine).join(' ')).toBe(
      'timed-run --warmup-ms 1000 -- webbench -t 3 -c 5 http://127.0.0.1:11111/',
    );
  });

  it.each([
    ['no-server', webbenchRun('no-server', 1), /Connect to server failed/],
    ['no-slash', webbenchRun('no-slash', 2), /printed no result/],
    ['killed', webbenchRun('good-c1', null, 9), /signal 9/],
    ['hung-child-killed-c3', { ...webbenchRun('hung-child-killed-c3'), timedOut: true }, /hung/],
  ])('fails with a reason: %s', (_name, finished, message) => {
    expect(() => webbench.parse(finished, requestFor('webbench'))).toThrow(message);
  });
});
