import { describe, expect, it } from 'vitest';
import type { CounterPage } from '../../../harness/core/counter-page.ts';
import { serverCounts } from '../../../harness/plugins/probes/counters.ts';
import { heldBackBetween, parseSent } from '../../../harness/plugins/probes/link.ts';
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

describe('the link', () => {
  it('is read from the sending half of a line', () => {
    const text = fixture('proc/net-dev.txt');
    expect(parseSent(text, 'eth0')).toEqual({ sentBytes: 102472, sentPackets: 72 });
    expect(() => parseSent(text, 'eth1')).toThrow(/no device eth1/);
  });

  it('was held back by shapers alone, by what they counted since', () => {
    const before = fixture('tc/no-shaper.json');
    const after = fixture('tc/tbf.json');
    expect(heldBackBetween(before, after)).toEqual({ packets: 448, dropped: 304, backlogBytes: 38934 });
    expect(heldBackBetween(after, after)).toEqual({ packets: 0, dropped: 0, backlogBytes: 38934 });
    expect(heldBackBetween(before, before)).toEqual({ packets: 0, dropped: 0, backlogBytes: 0 });
    // Random early detection drops packets, and makes none wait.
    const other = after.replace('"tbf"', '"red"');
    expect(heldBackBetween(before, other)).toEqual({ packets: 0, dropped: 0, backlogBytes: 0 });
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
      reuses: 0,
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
