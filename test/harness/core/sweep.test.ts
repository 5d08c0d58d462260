import { describe, expect, it } from 'vitest';
import { scenarioFileSchema, type ScenarioInput } from '../../../harness/core/scenario.ts';
import { sweep } from '../../../harness/core/sweep.ts';
import { servers, sweepPlans } from '../../../scenarios/seed/sweeps.ts';

describe('a sweep', () => {
  it('makes a condition of each combination, with each value where it belongs', () => {
    const conditions = sweep(
      [
        { name: 'backlog', of: 'server', values: [5, 128] },
        { name: 'wmem', of: 'tom', param: 'net.ipv4.tcp_wmem', values: ['4096 4096 4096', '1 2 3'] },
        { name: 'read-rate', of: 'load', values: [0] },
        { name: 'cookies', of: 'jerry', param: 'net.ipv4.tcp_syncookies', values: [false] },
      ],
      { variantParams: { 'work-us': 50 } },
    );
    expect(conditions).toHaveLength(4);
    expect(new Set(conditions.map(({ id }) => id)).size).toBe(4);
    expect(conditions[1]).toEqual({
      id: 'backlog-5-wmem-1-2-3-read-rate-0-cookies-false',
      label: 'backlog 5, wmem 1 2 3, read-rate 0, cookies false',
      factors: { backlog: 5, wmem: '1 2 3', 'read-rate': 0, cookies: false },
      variantParams: { 'work-us': 50, backlog: 5 },
      loadParams: { 'read-rate': 0 },
      tomSysctls: { 'net.ipv4.tcp_wmem': '1 2 3' },
      jerrySysctls: { 'net.ipv4.tcp_syncookies': 0 },
    });
  });
});

it('a factor of several gives each of them the same value', () => {
  const both = { name: 'requests-per-connection', of: ['server', 'load'] as const, values: [1, 10] };
  expect(sweep([both])[1]).toMatchObject({
    id: 'requests-per-connection-10',
    factors: { 'requests-per-connection': 10 },
    variantParams: { 'requests-per-connection': 10 },
    loadParams: { 'requests-per-connection': 10 },
    tomSysctls: {},
  });
});

describe('hypotheses of a scenario', () => {
  const scenario = (place: object, limits: object = {}): ScenarioInput => ({
    name: 'trial',
    title: 'trial',
    question: 'trial?',
    variants: [servers.serial],
    baseline: 'serial',
    concurrencies: [5],
    conditions: sweep([{ name: 'backlog', of: 'server', values: [5, 128] }]),
    hosts: { tomCores: 1 },
    plans: sweepPlans(1000),
    hypotheses: [
      {
        id: 'one',
        question: 'P1',
        claim: 'claim',
        source: 'source',
        tests: [
          {
            id: 'ratio',
            what: 'what',
            figure: 'requestsPerSecond',
            of: { variant: 'serial', condition: 'backlog-5', concurrencies: [5], ...place },
            supports: { atLeast: 2 },
            refutes: { atMost: 1 },
            ...limits,
          },
        ],
        conclude: { supported: 'yes', refuted: 'no', undecided: 'perhaps' },
      },
    ],
  });

  it('speak of cells that are there', () => {
    expect(scenarioFileSchema.safeParse(scenario({})).success).toBe(true);
    const stranger = scenarioFileSchema.safeParse(scenario({ condition: 'backlog-6' }));
    expect(stranger.error?.issues[0]?.message).toBe('there is no "serial" under the condition "backlog-6"');
    expect(scenarioFileSchema.safeParse(scenario({ condition: undefined })).success).toBe(false);
    expect(scenarioFileSchema.safeParse(scenario({ variant: 'single' })).success).toBe(false);
  });

  it('have limits that do not overlap, so that each can fail', () => {
    const both = [
      { supports: { atLeast: 1 }, refutes: { atMost: 1.1 } },
      { supports: { atMost: 1 }, refutes: { atLeast: 0.9 } },
      { supports: { atMost: 1 }, refutes: { atMost: 0.5 } },
    ];
    for (const limits of both) {
      const { error } = scenarioFileSchema.safeParse(scenario({}, limits));
      expect(error?.issues[0]?.message).toMatch(/opposite sides/);
    }
  });
});
