import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { mayBeSkipped, mergeReports, summarise, summaryLine } from '../../scripts/ci/test-report.ts';
import { repository } from '../support/repository.ts';

const run = promisify(execFile);

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function temporaryDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, 'forkbench-ci-'));
  directories.push(directory);
  return directory;
}

describe("vitest's report of a real run", () => {
  /** Runs vitest as `npm test` does, on these files. */
  async function reportOf(files: Record<string, string>): Promise<string> {
    // Inside the repository, since the files import vitest; with a configuration of its own, or ours would be found.
    const directory = await temporaryDirectory(join(repository, 'build'));
    await writeFile(join(directory, 'vitest.config.ts'), 'export default {};');
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, name), `import { it, test, expect } from 'vitest';\n${text}`);
    }
    const reporter = join(repository, 'scripts/ci/skip-reasons.ts');
    const args = ['run', '--root', directory, '--reporter=json', `--reporter=${reporter}`];
    const vitest = join(repository, 'node_modules/.bin/vitest');
    await run(vitest, [...args, '--outputFile.json=report.json']).catch(() => 'tests fail here on purpose');
    return readFile(join(directory, 'report.json'), 'utf8');
  }

  it('counts passes, failures, broken files and skips with their reasons', { timeout: 60_000 }, async () => {
    const summary = summarise(
      await reportOf({
        'a.test.ts': `
          it('passes', () => {});
          it('passes too', () => {});
          it('fails', () => expect(1).toBe(2));
          it('needs webbench', (context) => context.skip('webbench is not installed: see the README'));
          it('is lazy', (context) => context.skip('too slow'));
          it.skip('says nothing', () => {});
          it.todo('will come');`,
        'broken.test.ts': `throw new Error('cannot be loaded');`,
      }),
    );

    expect(summary).toEqual({
      passed: 2,
      failed: 2,
      skipped: [
        {
          name: expect.stringContaining('needs webbench'),
          reason: 'webbench is not installed: see the README',
        },
        { name: expect.stringContaining('is lazy'), reason: 'too slow' },
        { name: expect.stringContaining('says nothing'), reason: undefined },
        { name: expect.stringContaining('will come'), reason: undefined },
      ],
    });
    expect(summary.skipped.map(({ reason }) => mayBeSkipped(reason))).toEqual([true, false, false, false]);
    expect(summaryLine(summary)).toBe('2 passed, 2 failed, 4 skipped');
  });

  it('leaves skips out of the last line when there are none', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: [] })).toBe('12 passed, 0 failed');
  });
});

describe('the report of several vitest processes', () => {
  const report = (file: string, ...statuses: string[]): string => {
    const assertionResults = statuses.map((status) => ({ fullName: `${file}: ${status}`, status, meta: {} }));
    const status = statuses.includes('failed') ? 'failed' : 'passed';
    return JSON.stringify({ testResults: [{ name: file, status, assertionResults }] });
  };

  it('counts the tests of all', () => {
    const merged = mergeReports([
      { name: 'one', json: report('a', 'passed', 'failed') },
      { name: 'two', json: report('b', 'passed', 'passed') },
    ]);
    expect(summaryLine(summarise(merged))).toBe('3 passed, 1 failed');
  });

  it.each([
    ['ended without a report', null],
    ['was ended while it wrote', report('b', 'passed').slice(0, 40)],
  ])('counts one that %s as a failure', (_, json) => {
    const merged = mergeReports([
      { name: 'one', json: report('a', 'passed') },
      { name: 'two', json },
    ]);
    expect(summaryLine(summarise(merged))).toBe('1 passed, 1 failed');
  });
});

describe('.ci/run', () => {
  it('ends with its line and fails when the tests never start', { timeout: 60_000 }, async () => {
    const clone = await temporaryDirectory(tmpdir());
    await mkdir(join(clone, '.ci'));
    await copyFile(join(repository, '.ci/run'), join(clone, '.ci/run'));
    await writeFile(join(clone, 'package.json'), '{ "scripts": { "test": "exit 2" } }');

    const failure = (await run(join(clone, '.ci/run')).catch((error: unknown) => error)) as {
      code: number;
      stdout: string;
    };

    expect(failure.code).toBe(1);
    expect(failure.stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
  });
});
