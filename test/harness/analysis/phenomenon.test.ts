import { describe, expect, it } from 'vitest';
import { compareConditions } from '../../../harness/analysis/conditions.ts';
import { analysePhenomenon } from '../../../harness/analysis/phenomenon.ts';
import { analyseAll, newestOf } from '../../../harness/commands/analysed-runs.ts';
import { findRuns } from '../../../harness/effects/results.ts';
import { recoveryTable } from '../../../harness/render/sections/recovery.ts';

/* On the shipped run of the scenario phenomenon-1. */

const runs = (await findRuns('results')).filter((path) => path.includes('/phenomenon-1/'));
const { run, grid, hypotheses } = newestOf(await analyseAll(runs)).pages[0]!;
const phenomenon = analysePhenomenon(compareConditions(run, grid));

describe('what a server does while others wait', () => {
  it('is the same figure in the table of the page as in the claims', () => {
    const claimed = hypotheses
      .flatMap(({ tests }) => tests)
      .filter(({ test }) => test.figure === 'blockedShare' && test.of.concurrencies.length === 1);
    expect(claimed.length).toBeGreaterThan(3);
    for (const { test, value } of claimed) {
      const row = phenomenon.waitings.find(
        ({ cell }) =>
          cell.variant === test.of.variant &&
          cell.condition.id === test.of.condition &&
          cell.concurrency === test.of.concurrencies[0],
      );
      expect(row?.blockedShare, test.what).toBeCloseTo(value!.estimate, 10);
    }
  });
});

describe('the table of what helps', () => {
  const rows = recoveryTable(phenomenon)
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const rowOf = (label: string): string => rows.find((row) => row.includes(label)) ?? '';

  it('shows the failures that a reset costs, and none where nothing is reset', () => {
    expect(rowOf('tcp\\_abort\\_on\\_overflow')).toMatch(/\| [1-9][\d.]* \|$/);
    expect(rowOf('backlog 1024')).toMatch(/\| 0 \|$/);
  });

  it('says that something helps where that is sure for the whole table', () => {
    expect(rowOf('closed after 20 ms')).toContain('**helps**');
  });
});
