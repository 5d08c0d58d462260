import { describe, expect, it } from 'vitest';
import type { CounterPage } from '../../../harness/core/counter-page.ts';
import { serverCounts } from '../../../harness/plugins/probes/counters.ts';
import { parseCoreTimes, parseProcessTimes } from '../../../harness/plugins/probes/cpu.ts';
import { counterDelta, parseProcCounters } from '../../../harness/plugins/probes/netstat.ts';
import { parseSockstat } from '../../../harness/plugins/probes/sockets.ts';
import { fixture } from '../../support/captured.ts';

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
