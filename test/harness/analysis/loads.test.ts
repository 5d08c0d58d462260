import { describe, expect, it } from 'vitest';
import { compareLoads } from '../../../harness/analysis/loads.ts';
import { loadsTitle } from '../../../harness/render/loads-page.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** Two loads at 50 connections; `fast` makes twice the requests of `slow`, with the same CPU time in all. */
const run = madeUpRun({
  blocks: 5,
  noise: 0,
  scenario: {
    variants: [{ id: 'sink', label: 'sink', plugin: 'sink' }],
    baseline: 'sink',
    loads: [{ id: 'fast' }, { id: 'slow' }],
    referenceLoad: 'slow',
    concurrencies: [50],
    traced: undefined,
    seedTable: undefined,
    ceiling: false,
  },
  behaviour: () => ({ requestsPerSecond: 1000, generatorShare: 0.4 }),
  adjust: (record) =>
    record.cell.load === 'slow' ? record : withCount(record, 2 * record.load!.window.succeeded),
});

describe('compareLoads', () => {
  it('holds the loads against the reference, within blocks', () => {
    const comparison = compareLoads(run, ['fast', 'slow']);
    const fast = comparison.at('fast', 'sink', 50)!;
    expect(comparison.reference).toBe('slow');
    expect(fast.rateRatio!.estimate).toBeCloseTo(2);
    expect(fast.cpuRatio!.estimate).toBeCloseTo(0.5);
    expect(comparison.at('slow', 'sink', 50)!.rateRatio).toBeNull();
  });

  it('gives CPU time for each request that succeeded', () => {
    const { requestsPerSecond, cpuUsPerRequest, cell } = compareLoads(run, ['fast', 'slow']).at(
      'slow',
      'sink',
      50,
    )!;
    const share = cell.generatorShare!.median;
    expect(cpuUsPerRequest!.estimate).toBeCloseTo((share * 1e6) / requestsPerSecond!.estimate, 3);
  });

  it('takes the first load as the reference where the scenario names none that was measured', () => {
    expect(compareLoads(run, ['fast']).reference).toBe('fast');
  });

  it('claims in the title only what holds at the upper end of the interval', () => {
    expect(loadsTitle(compareLoads(run, ['fast', 'slow']))).toMatch(
      /^fast makes a request for at most \d+ % of the CPU time of slow, at 50 connections$/,
    );
    expect(loadsTitle(compareLoads(run, ['slow', 'fast'].slice(0, 1)))).toBe('Three servers on one core');
  });
});
