/*
 * usage: node --import tsx scripts/ci.ts --tests-exit-code N
 *
 * What .ci/run does after `npm test`, whose exit code it hands over. Every step runs, and the last line is
 * "N passed, N failed" from the tests' own report. A summary of the smoke run is appended to the file that
 * GITHUB_STEP_SUMMARY names, if it names one. Exit code 0 only when every step succeeded.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx/core';
import { findRuns } from '../harness/effects/results.ts';
import { mayBeSkipped, summarise, summaryLine, testReportFile, type TestSummary } from './ci/test-report.ts';

const { values } = parseArgs({ options: { 'tests-exit-code': { type: 'string' } } });
/** Results and reports of the smoke run, for whoever wants to keep them. */
const out = 'build/ci';
const ownSummary = 'build/job-summary.md';
/** GitHub shows the file that it names as the summary of the job. */
const jobSummary = process.env['GITHUB_STEP_SUMMARY'] || ownSummary;
const failedSteps: string[] = values['tests-exit-code'] === '0' ? [] : ['npm test'];

/** Runs a command with a time limit; `timeout` ends its whole process group. */
async function step(title: string, limitSeconds: number, command: readonly string[]): Promise<void> {
  console.log(`\n=== ${title}`);
  const run = $({ nothrow: true, quiet: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const result = await run`timeout --kill-after=10 ${limitSeconds} ${command}`;
  const outcome = result.exitCode === 124 ? `ended after ${limitSeconds} s` : `exit code ${result.exitCode}`;
  console.log(`=== ${title}: ${outcome}, ${(result.duration / 1000).toFixed(1)} s`);
  if (!result.ok) failedSteps.push(title);
}

async function readSummary(): Promise<TestSummary> {
  try {
    return summarise(await readFile(testReportFile, 'utf8'));
  } catch (error) {
    console.log(`\nno test report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

const results = join(out, 'results');
const report = ['npx', 'tsx', 'harness/report.ts'];

for (const path of [out, ownSummary]) await rm(path, { recursive: true, force: true });
await step('a real run: the smoke scenario', 180, [
  ...['npx', 'tsx', 'harness/run.ts'],
  ...['--scenario', 'smoke', '--out', out],
]);
await step('the summary of that run', 60, [
  ...report,
  ...['--results', results, '--reports', join(out, 'reports')],
  ...['--summary', jobSummary],
]);
await step('that run holds against its raw output', 60, [
  ...['npx', 'tsx', 'harness/verify.ts', 'smoke', '--results', results],
]);
await step('a changed figure of that run is seen', 60, [
  ...['npx', 'tsx', 'scripts/ci/changed-run.ts', results, 'smoke'],
]);
const committed = (await findRuns('results')).map((directory) => relative('.', directory));
await step('committed results hold against their raw output', 180, [
  ...['npx', 'tsx', 'harness/verify.ts', ...committed],
]);
await step('docs/precision.md is what the results give', 120, [
  ...['npx', 'tsx', 'scripts/precision.ts', '--check'],
]);
await step('committed reports are what their results give', 180, [...report, '--check']);

const summary = await readSummary();
for (const { name, reason } of summary.skipped) {
  console.log(`\nskipped: ${name}: ${reason ?? 'no reason given'}`);
}
if (summary.failed > 0 && !failedSteps.includes('npm test')) failedSteps.push('npm test');
if (!summary.skipped.every(({ reason }) => mayBeSkipped(reason))) failedSteps.push('tests were skipped');

if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join('; ')}`);
process.exitCode = failedSteps.length === 0 ? 0 : 1;
console.log(summaryLine(summary));
