/*
 * usage: node --import tsx scripts/ci/changed-run.ts RESULTS SCENARIO
 *
 * Changes one figure in the raw output of a copy of the newest run of SCENARIO: harness/verify.ts must see it, and name
 * the file and the field. Exit code 0 only if it does.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { directoryOf } from '../../harness/commands/find-run.ts';
import { changeRawFigure } from './raw-figure.ts';

const [results, scenario] = process.argv.slice(2);
if (results === undefined || scenario === undefined)
  throw new Error('usage: changed-run.ts RESULTS SCENARIO');

const copy = await mkdtemp(join(tmpdir(), 'forkbench-changed-'));
try {
  await cp(await directoryOf(scenario, results), copy, { recursive: true });
  const { file, field } = await changeRawFigure(copy);
  const run = $({ nothrow: true, quiet: true });
  const { exitCode, stdout } = await run`${process.execPath} --import tsx harness/verify.ts ${copy}`;
  console.log(stdout);
  const seen = exitCode === 1 && stdout.includes(`${file}: ${field}: `);
  console.log(
    seen ? 'the changed figure was seen' : `one figure was changed, and verify gave exit code ${exitCode}`,
  );
  process.exitCode = seen ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}
