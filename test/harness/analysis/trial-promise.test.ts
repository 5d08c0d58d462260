import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { fitThresholds, fittedNames, roundedThreshold } from '../../../harness/analysis/fit.ts';
import { recordedLoads } from '../../../harness/analysis/digest.ts';
import { fitted } from '../../../harness/analysis/thresholds.ts';
import { scoreOf, trialCells } from '../../../harness/analysis/trial.ts';
import { findRuns, readRun } from '../../../harness/effects/results.ts';
import { repository } from '../../support/repository.ts';

const results = join(repository, 'results');
const newest = (await findRuns(results)).findLast((run) => run.startsWith(join(results, 'verdicts')))!;
const run = await readRun(newest);
const cells = recordedLoads(run, 'timed').flatMap((load) => trialCells(run, buildGrid(run, load)));

describe('the published trial of the verdicts', () => {
  it('lies in the repository, with its report', () => {
    expect(cells.length).toBeGreaterThan(80);
    expect(existsSync(join(repository, 'reports/verdicts.md'))).toBe(true);
  });

  it('is what the thresholds in use were chosen from (npm run verdicts:fit)', () => {
    const chosen = Object.fromEntries(
      fitThresholds(cells).map(({ name, threshold }) => [name, roundedThreshold(threshold)]),
    );
    expect(chosen).toEqual(Object.fromEntries(fittedNames.map((name) => [name, fitted[name]])));
  });

  it('recognises 95 % of the cells made to fail, with false alarms in at most 5 % of the clean ones, in the half that nothing was chosen from', () => {
    const score = scoreOf(cells.filter(({ half }) => half === 'test'));
    expect(score.recognised / score.made).toBeGreaterThanOrEqual(0.95);
    expect(score.falselyAlarmed / score.clean).toBeLessThanOrEqual(0.05);
    expect(score.made).toBeGreaterThanOrEqual(20);
    expect(score.clean).toBeGreaterThanOrEqual(20);
  });
});
