import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../harness/analysis/evidence.ts';
import { fitted } from '../../../harness/analysis/thresholds.ts';
import { judge, type Facts } from '../../../harness/analysis/verdict.ts';
import { causes, type Cause } from '../../../harness/core/scenario.ts';
import { evidenceText, tallyText, verdictSentence } from '../../../harness/render/verdict-text.ts';

/** A cell in which server and generator have time, nobody waits and nothing is wrong. */
const idle: Evidence = {
  requestsPerSecond: 5000,
  serverShare: 0.5,
  tomBusyShare: 0.6,
  sharesCores: false,
  busiestShare: 0.4,
  busiestRole: 'only',
  generatorShare: 0.4,
  ceilingShare: 0.3,
  serverThrottledShare: 0,
  generatorThrottledShare: 0,
  overflowsPerSecond: 0,
  backoffShare: 0,
  queueMeanLength: 0.1,
  queueLimit: 5,
  queueFullShare: 0,
  blockedShare: 0,
  longestBlockMs: 0,
  blockedIn: null,
  portFailureShare: 0,
  portsUsedShare: 0,
  linkShare: 0.01,
  heldBackShare: 0,
  strangersShare: 0.01,
  stolenShare: 0,
  failureShare: 0,
  commonestFailure: null,
  unansweredShare: 0,
};

function facts(evidence: Partial<Evidence> | null, more: Partial<Facts> = {}): Facts {
  return {
    rateKept: null,
    concurrency: 50,
    evidence: evidence === null ? null : { ...idle, ...evidence },
    strangers: { count: 3, median: 0.01, min: 0.01, max: 0.02 },
    rate: { count: 3, median: 5000, min: 4950, max: 5050 },
    halvesRatio: 1,
    unsettledShare: null,
    knee: 3,
    cleanRate: null,
    invalid: null,
    ...more,
  };
}

function causesOf(evidence: Partial<Evidence> | null, more: Partial<Facts> = {}): Cause[] {
  const { primary, secondary } = judge(facts(evidence, more), fitted);
  return [primary, ...secondary];
}

const overflowing = { overflowsPerSecond: 100, backoffShare: 0.6 };
const blocked = { blockedShare: 0.4, longestBlockMs: 300, blockedIn: 'recvfrom' };

describe('judge', () => {
  it.each<[string, Partial<Evidence>, Cause[]]>([
    ['server', { serverShare: 0.97 }, ['server-bound']],
    ['one process of it on several cores', { serverShare: 0.5, busiestShare: 0.96 }, ['server-bound']],
    ['server under a quota', { serverThrottledShare: 0.4 }, ['server-bound']],
    ['generator', { generatorShare: 0.95 }, ['generator-bound']],
    ['generator near its ceiling', { generatorShare: null, ceilingShare: 0.9 }, ['generator-bound']],
    [
      'cores that the hosts share',
      { sharesCores: true, tomBusyShare: 0.97, generatorShare: 0.98 },
      ['generator-bound', 'server-bound'],
    ],
    [
      'generator under a quota',
      { generatorThrottledShare: 0.5, serverShare: 0.93 },
      ['generator-bound', 'server-bound'],
    ],
    [
      'fuller of two full sides',
      { serverShare: 0.99, generatorShare: 0.92 },
      ['server-bound', 'generator-bound'],
    ],
    ['accept queue', overflowing, ['queue-bound']],
    ['server that waits for one client', blocked, ['blocked']],
    ['both of these', { ...overflowing, ...blocked }, ['blocked', 'queue-bound']],
    ['ports', { portFailureShare: 0.3 }, ['port-bound']],
    ['link', { linkShare: 0.95 }, ['link-bound']],
    ['shaper', { heldBackShare: 0.5 }, ['link-bound']],
    ['somebody else', { strangersShare: 0.4 }, ['disturbed']],
    [
      'somebody else, and a full queue',
      { strangersShare: 0.4, ...overflowing },
      ['disturbed', 'queue-bound'],
    ],
    ['nothing that could be shown', {}, ['undetermined']],
  ])('names the %s', (_, evidence, expected) => {
    expect(causesOf(evidence)).toEqual(expected);
  });

  it('finds few clients only up to the knee, and only where nothing else explains the figure', () => {
    expect(causesOf({}, { concurrency: 2 })).toEqual(['concurrency-bound']);
    expect(causesOf({}, { concurrency: 4 })).toEqual(['undetermined']);
    expect(causesOf({}, { concurrency: 2, knee: null })).toEqual(['undetermined']);
    expect(causesOf({ serverShare: 0.95 }, { concurrency: 2 })).toEqual(['server-bound']);
    expect(causesOf({ serverShare: null, busiestShare: null }, { concurrency: 2 })).toEqual(['undetermined']);
  });

  it('calls a full queue the limit only where throughput fell, and else a thing beside it', () => {
    expect(causesOf(overflowing, { cleanRate: 8000 })).toEqual(['queue-bound']);
    expect(causesOf(overflowing, { cleanRate: 5100 })).toEqual(['undetermined', 'queue-bound']);
    expect(causesOf({ ...overflowing, serverShare: 0.97 }, { cleanRate: 5100 })).toEqual([
      'server-bound',
      'queue-bound',
    ]);
  });

  it('does not take a ceiling for the limit of a generator that had time', () => {
    expect(causesOf({ generatorShare: 0.7, ceilingShare: 1.2 })).toEqual(['undetermined']);
  });

  it('calls nobody limited who answered all that was asked for, however busy', () => {
    const busy = { serverShare: 0.97, generatorShare: 0.99 };
    expect(causesOf(busy, { rateKept: true })).toEqual(['as-asked']);
    expect(causesOf({ ...busy, ...overflowing }, { rateKept: true })).toEqual(['as-asked', 'queue-bound']);
    expect(causesOf({ ...busy, strangersShare: 0.4 }, { rateKept: true })).toEqual(['disturbed', 'as-asked']);
    expect(causesOf({ serverShare: 0.97 }, { rateKept: false })).toEqual(['server-bound']);
  });

  it('takes connections for no limit where they are only the most there may be', () => {
    expect(causesOf({}, { concurrency: 2, rateKept: false })).toEqual(['undetermined']);
  });

  it('needs others that could wait before it calls a server blocked', () => {
    expect(causesOf(blocked, { concurrency: 1, knee: 1 })).toEqual(['concurrency-bound']);
  });

  it('never calls clients in back-off queue-bound where no queue overflowed', () => {
    expect(causesOf({ backoffShare: 0.9 })).toEqual(['undetermined']);
  });

  it('puts what makes a figure worthless before all else', () => {
    const invalid = { kind: 'failures', share: 0.2, commonest: 'badStatus' } as const;
    expect(causesOf({ serverShare: 0.99, strangersShare: 0.5 }, { invalid })).toEqual([
      'invalid',
      'disturbed',
      'server-bound',
    ]);
  });

  it('judges a cell of which no repeat succeeded by its failure', () => {
    const failed = (failure: string): Cause[] => causesOf(null, { invalid: { kind: 'no-repeat', failure } });
    expect(failed('the server ended')).toEqual(['invalid']);
    expect(failed('--connections 600: needs 600 local ports, the range has 500')).toEqual([
      'invalid',
      'port-bound',
    ]);
    expect(causesOf(null)).toEqual(['undetermined']);
  });

  it('calls noisy what lies apart, and unsteady what has not settled, beside what it is', () => {
    const apart = { rate: { count: 3, median: 5000, min: 4000, max: 6000 } };
    expect(causesOf({ serverShare: 0.97 }, apart)).toEqual(['server-bound', 'noisy']);
    expect(causesOf({}, { halvesRatio: 0.8 })).toEqual(['unsteady']);
    expect(causesOf({}, { unsettledShare: 0.6 })).toEqual(['unsteady']);
    expect(causesOf({}, { unsettledShare: 0.5, halvesRatio: 0.95 })).toEqual(['undetermined']);
    expect(causesOf({}, { rate: { count: 1, median: 5000, min: 5000, max: 5000 } })).toEqual([
      'undetermined',
    ]);
  });

  it('takes what was not measured neither for nor against a cause, and always gives a verdict with a sentence', () => {
    const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
    const shares = Object.fromEntries(
      Object.entries(idle)
        .filter(([, value]) => typeof value === 'number')
        .map(([name]) => [name, share]),
    );
    fc.assert(
      fc.property(fc.record(shares), fc.integer({ min: 1, max: 3000 }), (evidence, concurrency) => {
        const verdict = judge(facts(evidence, { concurrency }), fitted);
        expect(causes).toContain(verdict.primary);
        expect(new Set([verdict.primary, ...verdict.secondary]).size).toBe(1 + verdict.secondary.length);
        expect(verdictSentence(verdict)).toMatch(/^[a-z-]+( \(also .+\))?: .+\.$/s);
        expect(verdictSentence(verdict)).not.toMatch(/NaN|undefined|null/);
      }),
    );
    const unknown = Object.fromEntries(Object.keys(idle).map((name) => [name, null]));
    expect(causesOf(unknown as Partial<Evidence>, { concurrency: 2 })).toEqual(['undetermined']);
  });
});

describe('the evidence in words', () => {
  it('names the figures that decide, whatever the verdict', () => {
    expect(
      evidenceText(facts({ serverShare: 0.96, busiestShare: 0.71, busiestRole: 'worker' }), ['server-bound']),
    ).toBe(
      "server and packets used 96 % of Tom's cores, the busiest worker 71 % of one core; the generator used 40 % of Jerry's cores and was at 30 % of its ceiling; no overflow.",
    );
  });

  it('says of a disturbance whether it was always there', () => {
    const steady = { strangers: { count: 3, median: 0.4, min: 0.35, max: 0.5 } };
    const once = { strangers: { count: 3, median: 0.4, min: 0.02, max: 0.5 } };
    const text = (more: Partial<Facts>): string =>
      evidenceText(facts({ strangersShare: 0.4 }, more), ['disturbed']);
    expect(text(steady)).toContain("used 40 % of a host's cores, in every repeat");
    expect(text(once)).toContain('not in every repeat');
  });

  it.each<[Facts['invalid'], string]>([
    [{ kind: 'no-repeat', failure: 'the server ended' }, 'no repeat succeeded (the server ended)'],
    [{ kind: 'no-answer' }, 'not one request was answered'],
    [{ kind: 'unanswered', share: 1 }, '100 % of the clients were connected and got no answer'],
    [
      { kind: 'failures', share: 0.2, commonest: 'badStatus' },
      '20 % of the requests failed, most often by badStatus',
    ],
    [
      { kind: 'counts', who: 'server', client: 1000, other: 900 },
      'the client counted 1,000 answers, the server 900',
    ],
    [{ kind: 'little', inFlight: 20 }, "20 requests in flight (Little's law)"],
  ])('says why a figure is invalid: %o', (invalid, text) => {
    expect(evidenceText(facts({}, { invalid }), ['invalid'])).toContain(text);
  });

  it('counts the verdicts of a page', () => {
    const verdicts = [{ serverShare: 1 }, { serverShare: 1 }, overflowing].map((one) =>
      judge(facts(one), fitted),
    );
    expect(tallyText(verdicts)).toBe('2 are server-bound and 1 queue-bound');
  });
});
