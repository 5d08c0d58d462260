import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { runChecks, type CheckKind } from '../../../harness/analysis/checks.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const oneCell: MadeUp = {
  scenario: {
    variants: [{ id: 'v', label: 'v', plugin: 'blocking-serial' }],
    baseline: 'v',
    concurrencies: [5],
    traced: undefined,
  },
  blocks: 1,
  noise: 0,
  behaviour: () => ({ requestsPerSecond: 1000 }),
};

function check(kind: CheckKind, change: (record: RepeatRecord) => void = () => {}, more: MadeUp = {}) {
  const run = madeUpRun({
    ...oneCell,
    ...more,
    adjust: (record) => {
      change(record);
      return record;
    },
  });
  return runChecks(buildGrid(run, 'epoll')).find((one) => one.kind === kind)!;
}

const facts = (...parameters: Parameters<typeof check>) =>
  check(...parameters).findings.map(({ fact }) => fact);

describe('client against server', () => {
  const answered = (server: number, client: number, unanswered: number | null) => (record: RepeatRecord) => {
    record.server!.processes[0]!.answered = server;
    record.load!.total = { ...record.load!.total, succeeded: client, unanswered };
  };

  it('lets the server be ahead by what was in flight, and no further', () => {
    expect(facts('client-server', answered(1003, 1000, 3))).toEqual([]);
    expect(facts('client-server', answered(1004, 1000, 3))).toEqual([
      { kind: 'client-server', client: 1000, server: 1004, allowed: 3 },
    ]);
  });

  it('never lets the client receive more than the server sent', () => {
    expect(facts('client-server', answered(999, 1000, 5))).toHaveLength(1);
  });

  it('takes one request a client for what may be in flight where the load cannot tell', () => {
    expect(facts('client-server', answered(1005, 1000, null))).toEqual([]);
    expect(facts('client-server', answered(1006, 1000, null))).toHaveLength(1);
  });

  it('lets requests that the client gave up on have been answered', () => {
    const gaveUp = (record: RepeatRecord): void => {
      answered(1002, 1000, 0)(record);
      record.load!.total.failed = { timeout: 2 };
    };
    expect(facts('client-server', gaveUp)).toEqual([]);
  });

  it.each(['client-server', 'server-kernel', 'workers'] as const)(
    'is skipped like %s, and said to be, where the server does not count',
    (kind) => {
      const result = check(kind, (record) => void delete record.server);
      expect(result).toMatchObject({ checked: 0, skipped: 1, uncounted: [{ label: 'v' }], findings: [] });
    },
  );

  it('does not blame the server where nobody could look for its counters', () => {
    const unreadable = (record: RepeatRecord): void => {
      delete record.server;
      record.unavailable = [{ probe: 'counters', reason: 'no page' }];
    };
    expect(check('client-server', unreadable)).toMatchObject({ skipped: 1, uncounted: [] });
    const notAsked = { scenario: { ...oneCell.scenario, probes: ['cpu'] } };
    expect(check('client-server', (record) => void delete record.server, notAsked)).toMatchObject({
      skipped: 1,
      uncounted: [],
    });
  });
});

describe('client against kernel', () => {
  const opened = (kernel: number, unanswered: number | null) => (record: RepeatRecord) => {
    delete record.server;
    record.load!.total = { ...record.load!.total, succeeded: 1000, unanswered, failed: { reset: 2 } };
    record.kernel!.tom.tcp = { PassiveOpens: kernel };
  };

  it('is left to the other two where the server counts', () => {
    expect(check('client-kernel')).toBeUndefined();
  });

  it('lets the kernel be ahead by what was in flight or failed, and by one without a request', () => {
    expect(facts('client-kernel', opened(1006, 3))).toEqual([]);
    expect(facts('client-kernel', opened(1007, 3))).toEqual([
      { kind: 'client-kernel', client: 1000, kernel: 1007, allowed: 6 },
    ]);
    expect(facts('client-kernel', opened(1008, null))).toEqual([]);
  });

  it('never lets the client receive more answers than there were connections', () => {
    expect(facts('client-kernel', opened(999, 5))).toHaveLength(1);
  });

  it("is skipped where both hosts share the kernel's counters", () => {
    const shared = (record: RepeatRecord): void => {
      opened(5000, 0)(record);
      record.kernel!.separate = false;
    };
    expect(check('client-kernel', shared)).toMatchObject({ checked: 0, skipped: 1 });
  });
});

describe('server against kernel', () => {
  const opened = (kernel: number) => (record: RepeatRecord) => {
    record.server!.processes[0]!.accepted = 1000;
    record.kernel!.tom.tcp = { PassiveOpens: kernel };
  };

  it('lets the kernel be ahead by what waits to be accepted, and no further', () => {
    expect(facts('server-kernel', opened(1005))).toEqual([]);
    expect(facts('server-kernel', opened(1006))).toHaveLength(1);
    expect(facts('server-kernel', opened(999))).toHaveLength(1);
  });

  it("is skipped where both hosts share the kernel's counters", () => {
    const shared = (record: RepeatRecord): void => {
      opened(5000)(record);
      record.kernel!.separate = false;
    };
    expect(check('server-kernel', shared)).toMatchObject({ checked: 0, skipped: 1 });
  });
});

describe('the other checks', () => {
  it('find halves of a window that differ by more than a tenth', () => {
    const halves = (second: number) => (record: RepeatRecord) => {
      record.load!.window.halves = [
        { durationMs: 500, succeeded: 500 },
        { durationMs: 500, succeeded: second },
      ];
    };
    expect(facts('halves', halves(540))).toEqual([]);
    expect(facts('halves', halves(300))).toEqual([{ kind: 'halves', ratio: 0.6 }]);
    expect(check('halves', (record) => (record.load!.window.halves = null)).skipped).toBe(1);
  });

  it("find where Little's law is broken, and whether stalled requests explain it", () => {
    const mean = (meanUs: number, stalled: number) => (record: RepeatRecord) => {
      record.load!.responseTime!.meanUs = meanUs;
      record.load!.stalled = { count: stalled, connecting: 0, oldestMs: 0 };
    };
    expect(facts('little', mean(5000, 0))).toEqual([]);
    expect(facts('little', mean(4000, 0))).toEqual([{ kind: 'little', inFlight: 4, explained: false }]);
    // Three clients without an answer and two in flight are the five that there are.
    expect(facts('little', mean(2000, 3))).toEqual([]);
    expect(facts('little', mean(1000, 1))).toEqual([{ kind: 'little', inFlight: 1, explained: true }]);
  });

  it('find stalled connections and the oldest of them', () => {
    const stalled = (record: RepeatRecord): void => {
      record.load!.stalled = { count: 4, connecting: 1, oldestMs: 900 };
    };
    expect(facts('stalled', stalled)).toEqual([{ kind: 'stalled', median: 4, max: 4, oldestMs: 900 }]);
  });

  it('find ports that run out, workers that died, and what else used the cores', () => {
    const tight = (record: RepeatRecord): void => {
      record.sockets!.jerryPorts = { first: 1000, last: 1999 };
      record.sockets!.jerry.timeWait = 800;
    };
    expect(facts('ports', tight)).toEqual([{ kind: 'ports', timeWait: 800, ports: 1000 }]);
    expect(facts('workers', (record) => (record.server!.respawns = 2))).toEqual([
      { kind: 'workers', respawns: 2 },
    ]);
    const stranger = (record: RepeatRecord): void => {
      const tom = record.cpu!.cores[0]!;
      tom.userMs += 400;
      tom.idleMs -= 400;
    };
    expect(facts('strangers', stranger)).toEqual([
      { kind: 'strangers', share: expect.closeTo(0.4, 1) as number },
    ]);
  });

  it('put the worst first', () => {
    const run = madeUpRun({
      ...oneCell,
      scenario: { ...oneCell.scenario, concurrencies: [5, 10, 20] },
      adjust: (record) => {
        const { concurrency } = record.cell;
        record.load!.stalled = { count: concurrency === 10 ? 9 : 1, connecting: 0, oldestMs: 1 };
        return record;
      },
    });
    const stalled = runChecks(buildGrid(run, 'epoll')).find((one) => one.kind === 'stalled')!;
    expect(stalled.findings.map(({ cell }) => cell.concurrency)).toEqual([10, 5, 20]);
  });

  it('hold for a run that was made to be sound', () => {
    const checks = runChecks(buildGrid(madeUpRun({ blocks: 2 }), 'epoll'));
    for (const { kind, findings } of checks.filter(({ kind }) => kind !== 'stalled')) {
      expect([kind, findings.length]).toEqual([kind, 0]);
    }
  });
});
