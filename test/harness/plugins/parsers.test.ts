import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CounterPage } from '../../../harness/core/counter-page.ts';
import type { Finished } from '../../../harness/core/plugin.ts';
import webbench, { parseWebbench } from '../../../harness/plugins/loads/webbench.ts';
import { serverCounts } from '../../../harness/plugins/probes/counters.ts';
import { parseCoreTimes, parseProcessTimes } from '../../../harness/plugins/probes/cpu.ts';
import { counterDelta, parseProcCounters } from '../../../harness/plugins/probes/netstat.ts';
import { parseSockstat } from '../../../harness/plugins/probes/sockets.ts';
import { parseStraceSummary } from '../../../harness/plugins/probes/strace.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');

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

  const request = {
    address: '192.168.56.2',
    port: 11111,
    concurrency: 5,
    warmupMs: 0,
    windowMs: 2500,
    drainMs: 0,
    choice: { id: 'webbench', params: {} },
  };
  const finished = (name: string, change: Partial<Finished> = {}): Finished => ({
    command: 'webbench',
    exitCode: 175,
    signal: null,
    timedOut: false,
    stdout: fixture(`webbench/${name}.stdout`),
    stderr: fixture(`webbench/${name}.stderr`),
    ...change,
  });

  it('takes whole seconds, ignores the exit status and marks as unknown what the tool cannot tell', () => {
    const result = webbench.parse(finished('good-c10'), request);
    expect(result.window).toMatchObject({ durationMs: 3000, failed: {}, halves: null });
    expect(result).toMatchObject({ responseTime: null, cpu: null, stalled: null });
    expect(webbench.command(request, {} as never)).toEqual([
      'webbench',
      '-t',
      '3',
      '-c',
      '5',
      'http://192.168.56.2:11111/',
    ]);
  });

  it.each([
    ['no-server', {}, /Connect to server failed/],
    ['no-slash', {}, /printed no result/],
    ['hung-child-killed-c3', { timedOut: true, exitCode: null, signal: 'SIGKILL' }, /hung/],
  ])('fails with a reason: %s', (name, change, message) => {
    expect(() => webbench.parse(finished(name, change), request)).toThrow(message);
  });

  it('never makes a number out of mutilated output', () => {
    const good = fixture('webbench/good-c1.stdout');
    fc.assert(
      fc.property(fc.nat(good.length), fc.string({ minLength: 1, maxLength: 3 }), (at, noise) => {
        try {
          const { succeeded } = parseWebbench(good.slice(0, at) + noise);
          expect(Number.isInteger(succeeded)).toBe(true);
        } catch (error) {
          expect(String(error)).toMatch(/webbench/);
        }
      }),
    );
  });
});

describe('kernel counters', () => {
  const netstat = parseProcCounters(fixture('proc/netstat.txt'));
  const snmp = parseProcCounters(fixture('proc/snmp.txt'));

  it('have the counters that reports speak of, zeroes too', () => {
    for (const name of ['ListenOverflows', 'ListenDrops', 'SyncookiesSent', 'TCPReqQFullDoCookies', 'TW']) {
      expect(netstat['TcpExt']).toHaveProperty(name);
    }
    for (const name of ['PassiveOpens', 'ActiveOpens', 'RetransSegs', 'MaxConn'])
      expect(snmp['Tcp']).toHaveProperty(name);
  });

  it('give differences without zeroes and without gauges', () => {
    expect(counterDelta({ A: 1, B: 5, CurrEstab: 3 }, { A: 4, B: 5, CurrEstab: 9, New: 2 })).toEqual({
      A: 3,
      New: 2,
    });
  });

  it('are refused where names and values do not fit', () => {
    expect(() => parseProcCounters('Tcp: A B\nTcp: 1\n')).toThrow(/line 1/);
    expect(() => parseProcCounters('Tcp: A\nUdp: 1\n')).toThrow(/line 1/);
  });
});

it('reads sockets from sockstat', () => {
  expect(parseSockstat(fixture('proc/sockstat.txt'))).toEqual({ inUse: 1, timeWait: 0, orphan: 0 });
  expect(() => parseSockstat('UDP: inuse 0')).toThrow(/TCP/);
});

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
  expect(parseProcessTimes(stat, ['3800000000 1000000 9\n', '200000000 0 1\n'])).toEqual({
    name: 'a ) b',
    userMs: 2500,
    systemMs: 1300,
    runMs: 4000,
    waitMs: 1,
  });
});

describe("the server's own counts", () => {
  const page = (pids: number[]): CounterPage => ({
    respawns: 0,
    slots: pids.map((pid) => ({
      pid,
      accepted: 0,
      answered: 0,
      bytesSent: 0,
      noticesSent: 0,
      noticesReceived: 0,
      emptyAccepts: 0,
      eagains: 0,
      errors: 0,
    })),
  });
  const rolesOf = (pids: number[]): string[] =>
    serverCounts(page(pids), page(pids)).processes.map(({ role }) => role);

  it('tell a parent from its workers, but not the threads of one process', () => {
    expect(rolesOf([7])).toEqual(['only']);
    expect(rolesOf([7, 8, 9])).toEqual(['parent', 'worker', 'worker']);
    expect(rolesOf([7, 7, 7])).toEqual(['only', 'only', 'only']);
  });
});

describe('strace -c', () => {
  it('reads rows with and without errors, and leaves out the total', () => {
    const rows = parseStraceSummary(fixture('strace/prefork-1.txt'));
    const named = Object.fromEntries(rows.map((row) => [row.syscall, row]));
    expect(named['sendto']!.calls).toBeGreaterThan(0);
    expect(named['writev']!.errors).toBe(0);
    expect(named['accept4']!.errors).toBeGreaterThan(0);
    expect(named).not.toHaveProperty('total');
    const total = /\s(\d+)\s+(\d+)?\s*total$/m.exec(fixture('strace/prefork-1.txt'))!;
    expect(rows.reduce((sum, row) => sum + row.calls, 0)).toBe(Number(total[1]));
  });

  it('says so where there is no table', () => {
    expect(() => parseStraceSummary('strace: attach: Operation not permitted')).toThrow(/no summary/);
  });
});
