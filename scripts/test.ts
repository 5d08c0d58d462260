/*
 * usage: node --import tsx scripts/test.ts [arguments of vitest]
 *
 * Without arguments: types, lint, format, unused code, published schemas, then every test. With arguments: vitest alone, with these.
 * Everything runs to its end even when something before it failed. `npm test` starts it after the set-up.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { $ } from 'zx/core';
import { mergeReports, testReportFile, type PartialReport } from './ci/test-report.ts';

const staticChecks = ['typecheck', 'lint', 'format:check', 'unused', 'schemas:check'];

/**
 * The tests that run at the same time, each lane by itself, and each group in a vitest of its own. They wait for servers and windows most of the
 * time, and no group sees another: each has ports, namespaces and places for sessions of its own.
 */
const lanes = [
  [{ name: 'system', projects: ['--project=system'] }],
  // One after the other: a fourth vitest would slow the longest.
  [
    { name: 'servers', projects: ['--project=servers'] },
    { name: 'hosts', projects: ['--project=hosts'] },
  ],
  [
    { name: 'others', projects: ['--project=clients', '--project=unit'] },
    { name: 'journal', projects: ['--project=journal'] },
  ],
];
type Group = (typeof lanes)[number][number];
const partialReports = 'build/test-reports';

const inherited = $({
  nothrow: true,
  quiet: true,
  preferLocal: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const captured = $({ nothrow: true, quiet: true, preferLocal: true });

const reporters = ['default', 'json', './scripts/ci/skip-reasons.ts'].map((name) => `--reporter=${name}`);
// Real runs take their time: with vitest's own threshold every second test would be named as slow.
const slow = '--slowTestThreshold=10000';
const vitestFlags = (report: string): string[] => [...reporters, `--outputFile.json=${report}`, slow];

async function passes(check: string): Promise<boolean> {
  const result = await captured`npm run --silent ${check}`;
  const seconds = (result.duration / 1000).toFixed(1);
  console.log(`${result.ok ? 'ok    ' : 'FAILED'} npm run ${check} (${seconds} s)`);
  if (!result.ok) console.log(`${result.stdout}${result.stderr}`.trimEnd());
  return result.ok;
}

async function testsPass(vitestArguments: readonly string[]): Promise<boolean> {
  return (await inherited`vitest run ${vitestFlags(testReportFile)} ${vitestArguments}`).ok;
}

type Outcome = PartialReport & { ok: boolean };

async function laneOutcomes(lane: readonly Group[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const group of lane) outcomes.push(await groupOutcome(group));
  return outcomes;
}

async function groupOutcome({ name, projects }: Group): Promise<Outcome> {
  const report = `${partialReports}/${name}.json`;
  const vitest = captured`vitest run ${vitestFlags(report)} ${projects} 2>&1 </dev/null`;
  // By lines, so that those of one stay whole beside those of the other.
  for await (const line of vitest) console.log(line);
  const json = await readFile(report, 'utf8').catch(() => null);
  return { ok: (await vitest).ok, name: `vitest of ${name}`, json };
}

async function allTestsPass(): Promise<boolean> {
  // What is left of an earlier run must not stand in for a vitest that crashes.
  await rm(partialReports, { recursive: true, force: true });
  await mkdir(partialReports, { recursive: true });
  const outcomes = (await Promise.all(lanes.map(laneOutcomes))).flat();
  await writeFile(testReportFile, mergeReports(outcomes));
  return outcomes.every(({ ok }) => ok);
}

const vitestArguments = process.argv.slice(2);
const everything = vitestArguments.length === 0;
const checked = everything ? await Promise.all(staticChecks.map(passes)) : [];
const tested = everything ? await allTestsPass() : await testsPass(vitestArguments);

const failed = staticChecks.filter((_, index) => checked[index] === false);
if (failed.length > 0) console.error(`failed: ${failed.map((check) => `npm run ${check}`).join(', ')}`);
process.exitCode = failed.length === 0 && tested ? 0 : 1;
