/*
 * usage: node --import tsx scripts/fit-verdicts.ts [RUN_DIR]
 *
 * Chooses the thresholds of the verdicts on one half of a run of the scenario `verdicts` (default: the newest in
 * results/) and writes them to harness/analysis/fitted.json. `npx tsx harness/report.ts` then shows how they do on the
 * other half.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGrid } from '../harness/analysis/cells.ts';
import { fitThresholds, roundedThreshold } from '../harness/analysis/fit.ts';
import { recordedLoads } from '../harness/analysis/digest.ts';
import { trialCells } from '../harness/analysis/trial.ts';
import { findRuns, readRun } from '../harness/effects/results.ts';

const root = join(import.meta.dirname, '..');
const directory =
  process.argv[2] ?? (await findRuns(join(root, 'results'))).findLast((run) => run.includes('/verdicts/'));
if (directory === undefined) {
  console.error('error: there is no run of the scenario verdicts');
  console.error('remedy: npm run bench:verdicts');
  process.exit(2);
}
const run = await readRun(directory);
const fits = recordedLoads(run, 'timed').flatMap((load) =>
  fitThresholds(trialCells(run, buildGrid(run, load))),
);
for (const { name, threshold, below, above, wrong, cells } of fits) {
  console.log(
    `${name.padEnd(14)} ${roundedThreshold(threshold)}  between ${below.toPrecision(2)} and ${above.toPrecision(2)}, ` +
      `${wrong} of ${cells} cells on the wrong side`,
  );
}
const values = Object.fromEntries(fits.map(({ name, threshold }) => [name, roundedThreshold(threshold)]));
await writeFile(join(root, 'harness/analysis/fitted.json'), `${JSON.stringify(values, null, 2)}\n`);
