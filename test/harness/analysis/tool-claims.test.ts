import { describe, expect, it } from 'vitest';
import { compareLoads } from '../../../harness/analysis/loads.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import { heldClaims, type HeldClaim } from '../../../harness/analysis/tool-claims.ts';
import { reasonsFor, type ClaimEvidence } from '../../../harness/analysis/tool-reasons.ts';
import type { Claims, RepeatRecord } from '../../../harness/core/record.ts';
import { renderPage } from '../../../harness/render/page.ts';
import { toolClaimsSections } from '../../../harness/render/sections/tool-claims.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const time = (us: number) => ({ printed: `${us} us`, us });

const says = (perSecond: number, meanUs: number, more: Partial<Claims> = {}): Claims => ({
  rate: { name: 'Rate', printed: `${perSecond} a second`, perSecond },
  latency: { name: 'Latency', from: 'connect', mean: time(meanUs), p50: null, p99: null, stepUs: 1 },
  failures: { failures: 0 },
  ...more,
});

/** A tool at 50 connections that says `claims` of 10,000 requests a second; the kernel opened as many connections. */
const comparisonOf = (
  claims: Claims | undefined,
  change: (record: RepeatRecord) => RepeatRecord = (same) => same,
) =>
  compareLoads(
    madeUpRun({
      noise: 0,
      scenario: {
        variants: [{ id: 'sink', label: 'sink', plugin: 'sink' }],
        baseline: 'sink',
        loads: [{ id: 'ours' }, { id: 'tool' }],
        referenceLoad: 'ours',
        concurrencies: [50],
        traced: undefined,
        seedTable: undefined,
        ceiling: false,
      },
      behaviour: () => ({ requestsPerSecond: 10_000 }),
      adjust(record) {
        const load = record.load!;
        const seconds = (record.warmupMs + load.window.durationMs) / 1000;
        const tcp = { PassiveOpens: 10_000 * seconds };
        const opened = { tom: { tcp, tcpExt: {} }, jerry: { tcp: {}, tcpExt: {} }, separate: true };
        const total = { ...load.total, succeeded: 10_000 * seconds };
        const own = record.cell.load === 'tool' && claims ? { claims } : { checksResponses: true };
        return change({ ...record, kernel: opened, load: { ...load, total, ...own } });
      },
    }),
    ['ours', 'tool'],
  );

const judged = (claims: Claims): Record<string, HeldClaim> =>
  Object.fromEntries(heldClaims(comparisonOf(claims)).map((claim) => [claim.kind, claim]));

describe('what a tool says, held against the kernel', () => {
  it('agrees where it is the rate at which connections were opened, and what Little makes of it', () => {
    const { rate, latency, failures } = judged(says(10_200, 4900));
    expect([rate!.agrees, latency!.agrees, failures!.agrees]).toEqual([true, true, true]);
    expect(rate!.truth).toBeCloseTo(10_000);
    expect(latency!.truth).toBeCloseTo(5000);
  });

  it('disagrees where it is not, and claims no reason that there is no evidence for', () => {
    const { rate, latency } = judged(says(20_000, 9000));
    expect(rate).toMatchObject({ agrees: false, reasons: [] });
    expect(rate!.ratio).toBeCloseTo(2);
    expect(latency).toMatchObject({ agrees: false, reasons: [] });
    const text = toolClaimsSections(comparisonOf(says(20_000, 9000))).join('\n');
    expect(text).toContain('No reason is known.');
    expect(text).toMatch(
      /\| `tool` \| sink \| 50 \| Rate \| 20000 a second \| 10,000 requests\/s \| 2.00 \|/,
    );
  });

  it('says nothing where the kernel counted others too', () => {
    const shared = (record: RepeatRecord) => ({ ...record, kernel: { ...record.kernel!, separate: false } });
    expect(heldClaims(comparisonOf(says(20_000, 9000), shared))).toEqual([]);
  });

  it('takes the failures of a tool that sees none from the load that looks at each response', () => {
    const failing = (record: RepeatRecord): RepeatRecord => {
      if (record.cell.load === 'tool') return record;
      const total = { ...record.load!.total, succeeded: 9000, failed: { badStatus: 1000 } };
      return { ...record, load: { ...record.load!, total } };
    };
    const held = heldClaims(comparisonOf(says(10_000, 5000), failing));
    expect(held.find(({ kind }) => kind === 'rate')!.reasons).toMatchObject([{ kind: 'failures-in-rate' }]);
    expect(held.find(({ kind }) => kind === 'failures')!.reasons).toEqual([{ kind: 'not-seen' }]);
  });

  it('leaves pages without such figures as they are', () => {
    expect(toolClaimsSections(comparisonOf(undefined))).toEqual([]);
  });
});

describe('reasons', () => {
  const evidence = (more: Partial<ClaimEvidence>, claimed: number, truth: number) => ({
    claims: says(1000, 1000),
    concurrency: 100,
    opened: 10_000,
    seconds: 10,
    succeeded: 10_000,
    failed: 0,
    ownFailed: 0,
    connect: null,
    ...more,
    claimed,
    truth,
  });
  const latency = (more: Partial<NonNullable<Claims['latency']>>): Claims =>
    says(1000, 0, { latency: { ...says(0, 0).latency!, ...more } });

  it.each([
    [
      'failures in a rate',
      'rate',
      evidence({ succeeded: 9000, failed: 1000, ownFailed: 1000 }, 1000, 900),
      'failures-in-rate',
    ],
    ['requests in flight', 'rate', evidence({ opened: 1000, succeeded: 900 }, 90, 100), 'in-flight'],
    ['requests that were lost', 'rate', evidence({ succeeded: 9000 }, 900, 1000), 'fewer-counted'],
    [
      'a sample cut short',
      'rate',
      evidence({ claims: says(0, 0, { samples: 2 }), seconds: 1.2, opened: 1000, succeeded: 1000 }, 500, 833),
      'cut-sample',
    ],
    [
      'requests sent twice',
      'latency',
      evidence({ claims: says(0, 0, { sent: 20_000 }) }, 500_000, 100_000),
      'sent-twice',
    ],
    [
      'whole milliseconds',
      'latency',
      evidence({ claims: latency({ stepUs: 1000 }) }, 1000, 1400),
      'whole-steps',
    ],
    [
      'invented times',
      'latency',
      evidence({ claims: latency({ from: 'request', corrected: true }) }, 2000, 1000),
      'computed-times',
    ],
    [
      'no connect in it',
      'latency',
      evidence({ claims: latency({ from: 'request' }) }, 500, 1000),
      'begins-after-connect',
    ],
    [
      'failures counted apart',
      'failures',
      evidence({ claims: says(0, 0, { failures: { failed: 0, 'Non-2xx': 995 } }) }, 0, 1000),
      'counted-apart',
    ],
    ['failures counted thrice', 'failures', evidence({}, 3000, 1000), 'several-times'],
    [
      'failures counted thrice, as the harness reads them',
      'failures',
      evidence({ ownFailed: 132, succeeded: 1200, opened: 1400 }, 396, 140),
      'several-times',
    ],
    [
      'a sample cut short, with failures that are no part of it',
      'rate',
      evidence(
        { claims: says(0, 0, { samples: 2 }), seconds: 1.2, succeeded: 1000, failed: 110, ownFailed: 110 },
        500,
        833,
      ),
      'cut-sample',
    ],
    [
      'clients that were given up, in its times',
      'latency',
      evidence({ claims: { ...latency({ from: 'request' }), clientsLost: 9 } }, 500, 1000),
      'lost-clients',
    ],
    [
      'clients that were given up, in its failures',
      'failures',
      evidence({ claims: says(0, 0, { clientsLost: 9 }) }, 0, 1000),
      'lost-clients',
    ],
  ] as const)('%s', (_name, kind, of, reason) => {
    expect(reasonsFor(kind, of).map((one) => one.kind)).toEqual([reason]);
  });

  it('say how much of what is missing the connect explains', () => {
    const of = evidence(
      { claims: latency({ from: 'request' }), connect: { load: 'ours', us: 200 } },
      500,
      1000,
    );
    expect(reasonsFor('latency', of)).toEqual([
      { kind: 'without-connect', load: 'ours', connectUs: 200, share: 0.4 },
    ]);
  });

  it.each(['rate', 'latency', 'failures'] as const)('there are none without evidence: %s', (kind) => {
    expect(reasonsFor(kind, evidence({}, 1700, 1000))).toEqual([]);
  });
});

describe('the page of a run with one tool', () => {
  const pageOf = async (claims?: Claims): Promise<string> => {
    const { run } = comparisonOf(claims);
    return (await renderPage(analysePage(run, 'tool', null), 'page', 'run')).get('page.md')!;
  };

  it('holds its figures against the kernel as well', async () => {
    const text = await pageOf(says(20_000, 9000));
    expect(text).toContain('## What the loads counted, over the connections that the kernel opened');
    expect(text).toMatch(
      /\| `tool` \| sink \| 50 \| Rate \| 20000 a second \| 10,000 requests\/s \| 2.00 \| No reason is known. \|/,
    );
    expect(text).toMatch(/\| `tool` \| .*\| Latency, mean \| 9000 us \| 5.00 ms to 5.02 ms \| 1.79 \|/);
  });

  it('says nothing of the kind where a load makes no claims', async () => {
    expect(await pageOf()).not.toContain('Where the tools disagree');
  });
});
