import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setupProblem } from '../../harness/require-setup.ts';

const repository = join(import.meta.dirname, '../..');

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'forkbench-clone-'));
});
afterEach(() => rm(clone, { recursive: true, force: true }));

async function writePackage(directory: string, content: unknown): Promise<void> {
  await mkdir(join(clone, directory), { recursive: true });
  await writeFile(join(clone, directory, 'package.json'), JSON.stringify(content));
}

describe('setupProblem', () => {
  it('is null for this clone, whose tests could not run otherwise', () => {
    expect(setupProblem(repository)).toBeNull();
  });

  it('names each package that is missing or has another version', async () => {
    await writePackage('.', { dependencies: { good: '1.0.0', old: '2.0.0', '@scope/absent': '3.0.0' } });
    await writePackage('node_modules/good', { version: '1.0.0' });
    await writePackage('node_modules/old', { version: '1.9.9' });

    const problem = setupProblem(clone);

    expect(problem).toContain('old (1.9.9, needed is 2.0.0), @scope/absent');
    expect(problem).not.toContain('good');
    expect(problem).toContain('npm ci');
  });
});

describe('a clone without node_modules', () => {
  it.each(['run.ts', 'report.ts'])('harness/%s says so, without a stack trace', async (commandLine) => {
    await copyFile(join(repository, 'package.json'), join(clone, 'package.json'));
    await mkdir(join(clone, 'harness'));
    for (const file of [commandLine, 'require-setup.ts']) {
      await copyFile(join(repository, 'harness', file), join(clone, 'harness', file));
    }
    const tsx = import.meta.resolve('tsx');

    const { code, output } = await run(['--import', tsx, join(clone, 'harness', commandLine)]);

    expect(output).toMatch(/^error: the npm packages are not installed/);
    expect(output).toContain('remedy: npm run setup');
    expect(output).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });
});

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, output: stdout + stderr });
    });
  });
}
