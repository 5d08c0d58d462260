import { describe, expect, it } from 'vitest';
import { compareRuns, isGateClosed } from '../../../harness/analysis/compare-runs.ts';
import { renderComparison } from '../../../harness/render/comparison.ts';
import { asked, atFixedRate, withResponseTimes } from '../../support/made-up-open-loop.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const serial = 'blocking-serial';
const options = { margin: 0.05, failIfSlower: 0.05 };

/** All servers at a fixed rate; `meanUs` says how long the serial one takes, and `kept` whether it keeps the rate. */
const openRun = (meanUs: number, kept = true) =>
  madeUpRun({
    blocks: 4,
    noise: 0,
    scenario: {
      concurrencies: [200],
      traced: undefined,
      loads: [{ id: 'epoll', params: { rate: asked } }],
    },
    behaviour: (variant) => ({ requestsPerSecond: variant === serial && !kept ? asked / 2 : asked }),
    adjust: (record) => {
      const isSerial = record.cell.variant === serial;
      const us = (isSerial ? meanUs : 1000) + 10 * record.block;
      return atFixedRate(withResponseTimes(record, us), isSerial && !kept ? 500 : 0);
    },
  });

const text = (comparison: ReturnType<typeof compareRuns>): string =>
  renderComparison({ comparison, names: ['a', 'b'], ...options });

describe('a comparison of runs at a fixed rate', () => {
  it('finds the server that became slow in its response times, and takes no rate that was served for speed', () => {
    const comparison = compareRuns(openRun(1000), openRun(3000), options);
    expect(comparison.cells.map(({ change }) => change)).toEqual(['as-asked', 'as-asked', 'as-asked']);
    expect(comparison.deciding).toBe(0);
    const changes = Object.fromEntries(comparison.times.map(({ cell, change }) => [cell.variant, change]));
    expect(changes).toEqual({
      [serial]: 'longer',
      'epoll-prefork-1': 'undecided',
      'epoll-prefork-2': 'undecided',
    });
    const [{ p50, p99 }] = comparison.times.filter(({ cell }) => cell.variant === serial) as [
      (typeof comparison.times)[number],
    ];
    for (const ratio of [p50, p99]) expect(ratio.estimate).toBeCloseTo(3025 / 1025, 1);
    expect(text(comparison)).toContain('1 cell with longer response times');
    expect(text(comparison)).toMatch(/\| blocking-serial \| `epoll` \| 200 \| 2\.9\d.* \| 2\.9\d ▼/);
    expect(text(comparison)).toContain('**No gate**');
  });

  it('says faster answers are', () => {
    expect(text(compareRuns(openRun(3000), openRun(1000), options))).toContain(
      '1 cell with shorter response times',
    );
  });

  it('sees no difference where there is none, and promises no more', () => {
    expect(text(compareRuns(openRun(1000), openRun(1000), options))).toContain(
      ': no difference that could be seen\n',
    );
  });

  it('closes the gate where the second run no longer serves the rate', () => {
    const comparison = compareRuns(openRun(1000), openRun(1000, false), options);
    const lost = comparison.cells.find(({ cell }) => cell.variant === serial)!;
    expect(lost).toMatchObject({ change: 'slower', regressed: true });
    expect(isGateClosed(comparison)).toBe(true);
  });

  it('has none in closed loops', () => {
    const closed = madeUpRun({ blocks: 3, scenario: { concurrencies: [5], traced: undefined } });
    const comparison = compareRuns(closed, closed, options);
    expect(comparison.times).toEqual([]);
    expect(text(comparison)).not.toContain('fixed rate');
  });
});
