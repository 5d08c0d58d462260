import { describe, expect, it } from 'vitest';
import { evidenceOf, medianEvidence, type Evidence } from '../../../harness/analysis/evidence.ts';
import { analyseRepeat } from '../../../harness/analysis/repeat.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** The evidence of one record of a made-up run, at 10 connections. */
function evidence(
  adjust: (record: RepeatRecord) => void = () => undefined,
  ceiling: number | null = null,
  link: number | null = null,
): Evidence {
  const run = madeUpRun({
    scenario: { concurrencies: [10], traced: undefined },
    blocks: 1,
    behaviour: () => ({ requestsPerSecond: 1000 }),
    noise: 0,
  });
  const record = structuredClone(run.records.find(({ cell }) => cell.variant === 'epoll-prefork-1')!);
  adjust(record);
  return evidenceOf(analyseRepeat(record, []), ceiling, link);
}

describe('evidenceOf', () => {
  it('holds throughput against the ceiling, and bytes against the link', () => {
    const seen = evidence(
      (record) => {
        record.link = {
          windowMs: 2000,
          tom: { sentBytes: 250_000, sentPackets: 1000 },
          jerry: { sentBytes: 100_000, sentPackets: 1000 },
          heldBack: { packets: 300, dropped: 100, backlogBytes: 0 },
        };
      },
      4000,
      2_000_000,
    );
    expect(seen.ceilingShare).toBe(0.25);
    expect(seen.linkShare).toBe(0.5);
    expect(seen.heldBackShare).toBe(0.2);
  });

  it('counts clients without a handshake, and those whose connection the server knows nothing of', () => {
    expect(evidence().backoffShare).toBe(0);
    const connecting = evidence(
      (record) => void (record.load!.stalled = { count: 6, connecting: 4, oldestMs: 900 }),
    );
    expect([connecting.backoffShare, connecting.unansweredShare]).toEqual([0.4, 0.2]);
    const states = evidence((record) => {
      record.sockets!.states = {
        tom: { established: { mean: 1, max: 2 } },
        jerry: { established: { mean: 3, max: 4 }, synSent: { mean: 5, max: 6 } },
      };
    });
    expect(states.backoffShare).toBe(0.7);
    const shared = evidence((record) => {
      record.kernel!.separate = false;
      record.sockets!.states = { tom: {}, jerry: { synSent: { mean: 5, max: 6 } } };
    });
    expect(shared.backoffShare).toBe(0);
  });

  it('keeps a lack of ports apart from other failures', () => {
    const seen = evidence((record) => {
      record.load!.window.succeeded = 60;
      record.load!.window.failed = { noLocalPort: 30, badStatus: 8, reset: 2 };
    });
    expect([seen.portFailureShare, seen.failureShare, seen.commonestFailure]).toEqual([
      0.3,
      0.1,
      'badStatus',
    ]);
  });

  it('names the busiest process by the role that it has by its own counters', () => {
    const seen = evidence((record) => {
      const [parent, worker] = record.cpu!.processes;
      Object.assign(parent!, { userMs: 100, systemMs: 100 });
      Object.assign(worker!, { userMs: 100, systemMs: 600 });
    });
    expect([seen.busiestRole, seen.busiestShare]).toEqual(['worker', 0.7]);
  });

  it('takes a quota as a share of the window, and what was not watched for not known', () => {
    const seen = evidence((record) => void (record.cpu!.throttled = { serverMs: null, generatorMs: 250 }));
    expect([seen.serverThrottledShare, seen.generatorThrottledShare]).toEqual([null, 0.25]);
    const blind = evidence((record) => {
      delete record.cpu;
      delete record.kernel;
      delete record.sockets;
    });
    expect(blind).toMatchObject({
      serverShare: null,
      busiestShare: null,
      generatorThrottledShare: null,
      blockedShare: null,
      blockedIn: null,
      linkShare: null,
      overflowsPerSecond: null,
    });
  });
});

it('takes medians of figures, and the call that it slept in from the repeat that slept most', () => {
  const one = (requestsPerSecond: number, blockedShare: number | null, blockedIn: string): Evidence => ({
    ...evidence(),
    requestsPerSecond,
    blockedShare,
    blockedIn,
  });
  const all = [one(300, 0.5, 'writev'), one(100, null, 'read'), one(200, 0.1, 'recvfrom')];
  expect(medianEvidence(all)).toMatchObject({
    requestsPerSecond: 200,
    blockedShare: 0.3,
    blockedIn: 'writev',
  });
  expect(medianEvidence([])).toBeNull();
});
