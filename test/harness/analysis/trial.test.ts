import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { fitThresholds, roundedThreshold } from '../../../harness/analysis/fit.ts';
import { confusion, isTrial, scoreOf, trialCells, type TrialCell } from '../../../harness/analysis/trial.ts';
import type { Cause } from '../../../harness/core/scenario.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** A trial cell with the given evidence of a disturbance, and the verdict that it got. */
function trialCell(
  strangersShare: number | null,
  expected: readonly Cause[],
  found: readonly Cause[],
): TrialCell {
  const run = madeUpRun({ scenario: { concurrencies: [10], traced: undefined }, blocks: 1 });
  const cell = buildGrid(run, 'epoll').at('blocking-serial', 10)!;
  const facts = { ...cell.verdict.facts, evidence: { ...cell.verdict.facts.evidence!, strangersShare } };
  const [primary, ...secondary] = found;
  const alarms = found.filter((cause) => !['server-bound', 'noisy'].includes(cause));
  return {
    cell: { ...cell, verdict: { primary: primary!, secondary, facts } },
    half: 'fit',
    expected,
    found,
    recognised: expected.every((cause) => found.includes(cause)),
    falseAlarms: expected.length > 0 ? [] : alarms,
  };
}

const strangers = (cells: readonly TrialCell[]) =>
  fitThresholds(cells).find(({ name }) => name === 'strangers');

describe('fitThresholds', () => {
  const clean = [0.005, 0.01, 0.02].map((share) => trialCell(share, [], ['server-bound']));
  const disturbed = [0.32, 0.5].map((share) => trialCell(share, ['disturbed'], ['disturbed']));

  it('puts a threshold into the middle of the gap between cells with a cause and cells without', () => {
    const fit = strangers([...clean, ...disturbed])!;
    expect(fit).toMatchObject({ below: 0.02, above: 0.32, wrong: 0, cells: 5 });
    expect(roundedThreshold(fit.threshold)).toBe(0.08);
  });

  it('says how many cells are on the wrong side where there is no gap', () => {
    expect(strangers([...clean, ...disturbed, trialCell(0.6, [], ['server-bound'])])).toMatchObject({
      wrong: 1,
    });
  });

  it('looks at one half alone, and at cells in which the figure was measured', () => {
    const other = { ...trialCell(0.6, [], ['server-bound']), half: 'test' as const };
    const unknown = trialCell(null, [], ['server-bound']);
    expect(strangers([...clean, ...disturbed, other, unknown])).toMatchObject({ wrong: 0, cells: 5 });
  });

  it('gives no threshold for a cause that nobody made', () => {
    expect(fitThresholds(clean)).toEqual([]);
  });
});

it('counts what was recognised, and false alarms in clean cells alone', () => {
  const cells = [
    trialCell(0.5, ['disturbed'], ['disturbed', 'noisy']),
    trialCell(0.5, ['disturbed', 'queue-bound'], ['disturbed']),
    trialCell(0.01, [], ['server-bound', 'noisy']),
    trialCell(0.01, [], ['server-bound', 'blocked']),
  ];
  expect(scoreOf(cells)).toEqual({
    made: 2,
    recognised: 1,
    primary: 2,
    otherAlarms: 0,
    clean: 2,
    falselyAlarmed: 1,
  });
  expect(
    confusion(cells).map(({ expected, cells: count, recognised }) => [expected, count, recognised]),
  ).toEqual([
    [[], 2, 1],
    [['disturbed'], 1, 1],
    [['disturbed', 'queue-bound'], 1, 0],
  ]);
});

it('deals the cells of each kind evenly to both halves', () => {
  const conditions = [
    { id: 'clean', label: 'clean', expects: [] },
    { id: 'loop', label: 'loop', expects: ['disturbed' as const] },
  ];
  const run = madeUpRun({ scenario: { concurrencies: [5, 10], traced: undefined, conditions }, blocks: 1 });
  // The made-up run knows no conditions: its records are given theirs here.
  const records = conditions.flatMap(({ id }) =>
    run.records.map((record) => ({
      ...record,
      repeatId: `${record.repeatId}-${id}`,
      cell: { ...record.cell, factors: { condition: id } },
    })),
  );
  const trial = { ...run, records };
  expect(isTrial(trial)).toBe(true);
  const cells = trialCells(trial, buildGrid(trial, 'epoll'));
  for (const expected of ['', 'disturbed']) {
    const halves = cells.filter((one) => one.expected.join(' ') === expected).map(({ half }) => half);
    expect(halves).toEqual(['fit', 'test', 'test', 'fit', 'test', 'fit']);
  }
});
