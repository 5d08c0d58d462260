/*
 * usage: node --import tsx scripts/test.ts [arguments of vitest]
 *
 * Without arguments: types, lint, format, unused code, published schemas, then every test. With arguments: vitest alone, with these.
 * Everything runs to its end even when something before it failed. `npm test` starts it after the set-up.
 */
import { $ } from 'zx/core';
import { testReportFile } from './ci/test-report.ts';

const staticChecks = ['typecheck', 'lint', 'format:check', 'unused', 'schemas:check'];

const inherited = $({
  nothrow: true,
  quiet: true,
  preferLocal: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const captured = $({ nothrow: true, quiet: true, preferLocal: true });

async function passes(check: string): Promise<boolean> {
  const result = await captured`npm run --silent ${check}`;
  const seconds = (result.duration / 1000).toFixed(1);
  console.log(`${result.ok ? 'ok    ' : 'FAILED'} npm run ${check} (${seconds} s)`);
  if (!result.ok) console.log(`${result.stdout}${result.stderr}`.trimEnd());
  return result.ok;
}

const vitestArguments = process.argv.slice(2);
const checked = vitestArguments.length > 0 ? [] : await Promise.all(staticChecks.map(passes));

const reporters = ['default', 'json', './scripts/ci/skip-reasons.ts'].map((name) => `--reporter=${name}`);
const report = `--outputFile.json=${testReportFile}`;
// Real runs take their time: with vitest's own threshold every second test would be named as slow.
const slow = '--slowTestThreshold=10000';
const tests = await inherited`vitest run ${reporters} ${report} ${slow} ${vitestArguments}`;

const failed = staticChecks.filter((_, index) => checked[index] === false);
if (failed.length > 0) console.error(`failed: ${failed.map((check) => `npm run ${check}`).join(', ')}`);
process.exitCode = failed.length === 0 && tests.ok ? 0 : 1;
