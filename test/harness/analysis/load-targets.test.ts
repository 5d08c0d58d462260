import { describe, expect, it } from 'vitest';
import { heldTargets } from '../../../harness/analysis/load-targets.ts';
import { compareLoads } from '../../../harness/analysis/loads.ts';
import { loadTargetSchema, type LoadTarget } from '../../../harness/core/load-target.ts';
import { loadsLines } from '../../../harness/render/loads-lines.ts';
import { loadTargetsSection } from '../../../harness/render/sections/load-targets.ts';
import generators from '../../../scenarios/generators.ts';
import { withCount } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** `fast` makes twice the requests of `slow` at half of the CPU time for each, but for `noise`. */
const comparisonOf = (loadTargets: readonly LoadTarget[], blocks = 5, noise = 0) =>
  compareLoads(
    madeUpRun({
      blocks,
      noise,
      scenario: {
        variants: [{ id: 'sink', label: 'sink', plugin: 'sink' }],
        baseline: 'sink',
        loads: [{ id: 'fast' }, { id: 'slow' }],
        referenceLoad: 'slow',
        loadTargets: [...loadTargets],
        concurrencies: [50, 1000],
        traced: undefined,
        seedTable: undefined,
        ceiling: false,
      },
      behaviour: () => ({ requestsPerSecond: 1000, generatorShare: 0.4 }),
      adjust: (record) =>
        record.cell.load === 'slow' ? record : withCount(record, 2 * record.load!.window.succeeded),
    }),
    ['fast', 'slow'],
  );

const cpu = (more: Partial<LoadTarget>): LoadTarget => ({
  load: 'fast',
  figure: 'CPU time a request',
  concurrencies: [50],
  ...more,
});

const outcomes = (target: LoadTarget, blocks?: number, noise?: number) =>
  heldTargets(comparisonOf([target], blocks, noise)).map(({ outcome }) => outcome);

describe('a target of a load', () => {
  it('is met or missed where the whole interval says so', () => {
    expect(outcomes(cpu({ atMost: 0.51 }))).toEqual(['met']);
    expect(outcomes(cpu({ atMost: 0.45 }))).toEqual(['missed']);
    expect(outcomes(cpu({ atLeast: 0.55 }))).toEqual(['missed']);
    expect(outcomes(cpu({ figure: 'requests per second', atLeast: 1.9, atMost: 2.1 }))).toEqual(['met']);
  });

  it('is open where the interval holds its limit, and where there is none', () => {
    expect(outcomes(cpu({ atMost: 0.5 }), 5, 0.3)).toEqual(['open']);
    expect(outcomes(cpu({ atMost: 0.9 }), 1)).toEqual(['open']);
  });

  it('is held at its own concurrencies, of those that were measured', () => {
    const held = heldTargets(comparisonOf([cpu({ concurrencies: [1000, 10_000], atMost: 0.6 })]));
    expect(held.map(({ concurrency }) => concurrency)).toEqual([1000]);
    expect(outcomes(cpu({ load: 'absent', atMost: 0.5 }))).toEqual(['not measured']);
  });

  it('needs a limit, and a range that holds something', () => {
    expect(loadTargetSchema.safeParse(cpu({})).success).toBe(false);
    expect(loadTargetSchema.safeParse(cpu({ atLeast: 2, atMost: 1 })).success).toBe(false);
  });
});

describe('the table of a run with several loads', () => {
  const limitedBy = 'The kernel limits it.';

  it('has what each load did, for a terminal, and what became of the targets', () => {
    const lines = loadsLines(comparisonOf([cpu({ atMost: 0.51 }), cpu({ atMost: 0.45, limitedBy })]));
    const cells = (line: string): string[] => line.split(/ {2,}/);
    expect(lines.map(cells)).toContainEqual([
      ...['load', 'connections', 'req/s', 'CPU µs/req', 'req/s over slow', 'CPU over slow'],
    ]);
    const row = lines.map(cells).find(([load, at]) => load === 'fast' && at === '50')!;
    expect(row[2]).toBe('2,000');
    expect(row.slice(4).map((text) => text.slice(0, 4))).toEqual(['2.00', '0.50']);
    expect(lines.filter((line) => line.includes('fast at 50')).map((line) => cells(line).at(-1))).toEqual([
      'met',
      'missed',
    ]);
    expect(lines.at(-1)).toBe(limitedBy);
    expect(lines.join('\n')).not.toContain('*');
  });

  it('says what limits a load only where it fell short', () => {
    expect(loadTargetsSection(comparisonOf([cpu({ atMost: 0.45, limitedBy })]))).toContain(limitedBy);
    expect(loadTargetsSection(comparisonOf([cpu({ atMost: 0.6, limitedBy })]))).not.toContain(limitedBy);
    expect(loadTargetsSection(comparisonOf([]))).toBeNull();
  });
});

it('asks of uring half of the CPU time of wrk at 50 connections, and two thirds at 1000 and 10,000', () => {
  expect(generators.referenceLoad).toBe('wrk');
  expect(
    generators.loadTargets!.flatMap(({ load, figure, concurrencies, atMost }) =>
      concurrencies.map((concurrency) => [load, figure, concurrency, atMost]),
    ),
  ).toEqual([
    ['uring', 'CPU time a request', 50, 0.5],
    ['uring', 'CPU time a request', 1000, 0.667],
    ['uring', 'CPU time a request', 10_000, 0.667],
  ]);
});
