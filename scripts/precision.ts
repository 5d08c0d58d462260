/*
 * usage: node --import tsx scripts/precision.ts [--check]
 *
 * Writes docs/precision.md: what --precision saves on the seed's grid, by simulation on the noise and the durations of
 * the newest full run of single-core. The same results give the same page; with --check it is only compared.
 */
import { parseArgs } from 'node:util';
import { join, relative } from 'node:path';
import { median } from '../harness/analysis/statistics.ts';
import { formatDuration } from '../harness/core/units.ts';
import { readText, writeIfChanged } from '../harness/effects/output-files.ts';
import { findRuns, readRun, type StoredRun } from '../harness/effects/results.ts';
import { formatShare } from '../harness/render/format.ts';
import { blocks, table } from '../harness/render/markdown.ts';
import { simulate } from './precision/simulate.ts';

const page = 'docs/precision.md';
const targets = [0.05, 0.1, 0.2];
const trials = 4;

async function newestFullRun(): Promise<StoredRun> {
  const directories = (await findRuns('results')).filter((directory) =>
    /single-core\/.*-full-/.test(directory),
  );
  const newest = directories.at(-1);
  if (newest === undefined) throw new Error('there is no full run of single-core in results/');
  return readRun(newest);
}

function pageOf(run: StoredRun): string {
  const rows = targets.map((target) => {
    const costs = Array.from({ length: trials }, (_, trial) => simulate(run, target, 1000 * trial));
    const adaptive = median(costs.map(({ adaptiveMs }) => adaptiveMs))!;
    const equal = median(costs.map(({ equalMs }) => equalMs))!;
    return [
      formatShare(target),
      formatDuration(adaptive),
      formatDuration(equal),
      formatShare(1 - adaptive / equal),
    ];
  });
  const name = relative('docs', join(run.directory, 'records.ndjson'));
  return `${blocks([
    '# What `--precision` saves',
    `A run that repeats the cells that need it, until the 95 % interval of each ratio to the baseline is within the target, against one that repeats every cell as often as the worst one needs. Simulated ${trials} times each on the grid of the seed's first experiment, with the noise and the durations of [a real run](${name}); medians of the time of all timed repeats.`,
    table(['target', 'with `--precision`', 'equal repeats', 'saved'], rows, ['r', 'r', 'r', 'r']),
    'Both stop by the same rule: six blocks at least, and intervals that were narrow enough at two looks in a row. `npm run precision` makes this page again; the report of a run with `--precision` says in its section on the method what that run saved.',
  ])}\n`;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const text = pageOf(await newestFullRun());
if (!values.check) {
  console.log((await writeIfChanged(page, text)) ? `wrote ${page}` : 'nothing to change');
} else if ((await readText(page)) !== text) {
  console.error(`${page} differs from what the results give\nremedy: npm run precision`);
  process.exitCode = 1;
}
