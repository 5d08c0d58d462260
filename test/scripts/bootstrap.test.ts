import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';

/*
 * scripts/bootstrap.sh in a clone of its own, with a node and an npm that only write down how they were called. The
 * real ones are tested by `npm run test:bare`.
 */

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'forkbench-bootstrap-'));
  await mkdir(join(clone, 'scripts'));
  await copyFile(join(repository, 'scripts/bootstrap.sh'), join(clone, 'scripts/bootstrap.sh'));
  await write('package-lock.json', 'first lock');
  await write('scripts/setup/packages.ts', '');
  await write('Makefile', 'all: built\nbuilt:\n\ttouch built\n');
  await write(
    'bin/node',
    '#!/bin/sh\n[ "$1" != --version ] || exec echo "$NODE_VERSION"\necho "node $*" >>calls\n',
  );
  await write('bin/npm', '#!/bin/sh\necho "npm $*" >>calls\nmkdir -p node_modules\nexit "$NPM_EXIT_CODE"\n');
  for (const program of ['node', 'npm']) await chmod(join(clone, 'bin', program), 0o755);
});
afterEach(() => rm(clone, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(clone, path)), { recursive: true });
  await writeFile(join(clone, path), text);
}

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly calls: string[];
}

async function bootstrap(
  args: string[],
  { nodeVersion = 'v20.19.0', npmExitCode = 0 } = {},
): Promise<Outcome> {
  await write('calls', '');
  const env = {
    PATH: `${clone}/bin:/usr/bin:/bin`,
    NODE_VERSION: nodeVersion,
    NPM_EXIT_CODE: String(npmExitCode),
  };
  const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = execFile(
      'sh',
      [join(clone, 'scripts/bootstrap.sh'), ...args],
      { env },
      (_error, _out, stderr) => {
        resolve({ code: child.exitCode, stderr });
      },
    );
  });
  const calls = (await readFile(join(clone, 'calls'), 'utf8')).split('\n').filter((line) => line !== '');
  return { code, stderr, calls };
}

const npmCalls = ({ calls }: Outcome): string[] => calls.filter((call) => call.startsWith('npm'));
const withDev = 'npm ci --include=dev --no-audit --no-fund --loglevel=error';
const withoutDev = 'npm ci --omit=dev --no-audit --no-fund --loglevel=error';

describe('the Node that bootstrap.sh accepts', () => {
  it('is the one that package.json asks for: change both, and the versions below', async () => {
    const { engines } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('^20.19.0 || ^22.12.0 || >=24.0.0');
  });

  it.each(['v20.19.0', 'v20.20.2', 'v22.12.0', 'v24.0.0', 'v26.1.0'])('can be %s', async (nodeVersion) => {
    expect((await bootstrap(['run', 'x.ts'], { nodeVersion })).code).toBe(0);
  });

  it.each(['v8.17.0', 'v18.20.4', 'v20.18.3', 'v21.7.3', 'v22.11.0', 'v23.1.0'])(
    'cannot be %s: says so and does nothing',
    async (nodeVersion) => {
      const { code, stderr, calls } = await bootstrap(['run', 'x.ts'], { nodeVersion });
      expect(code).toBe(2);
      expect(stderr).toContain(`this is Node ${nodeVersion}`);
      expect(stderr).toContain('needed is 20.19+');
      expect(calls).toEqual([]);
    },
  );
});

describe('npm packages', () => {
  it('are installed once, and the script gets its arguments', async () => {
    const args = ['run', 'harness/run.ts', '--scenario', 'two words'];
    const first = await bootstrap(args);
    expect(first.calls).toEqual([
      withoutDev,
      'node --import tsx scripts/setup.ts --for run',
      'node --import tsx harness/run.ts --scenario two words',
    ]);
    expect(npmCalls(await bootstrap(args))).toEqual([]);
  });

  it('include development packages for testing, and keep them for running', async () => {
    expect(npmCalls(await bootstrap(['run', 'x.ts']))).toEqual([withoutDev]);
    expect(npmCalls(await bootstrap(['test', 'x.ts']))).toEqual([withDev]);
    expect(npmCalls(await bootstrap(['run', 'x.ts']))).toEqual([]);
    expect(npmCalls(await bootstrap(['test', 'x.ts']))).toEqual([]);

    await write('package-lock.json', 'second lock');
    expect(npmCalls(await bootstrap(['run', 'x.ts']))).toEqual([withDev]);
  });

  it('that somebody installed by hand keep their development packages', async () => {
    await write('node_modules/.bin/vitest', '');
    expect(npmCalls(await bootstrap(['run', 'x.ts']))).toEqual([withDev]);
  });

  it('are tried again after a failure, whose exit code is handed on', async () => {
    const failed = await bootstrap(['run', 'x.ts'], { npmExitCode: 7 });
    expect(failed).toMatchObject({ code: 7, calls: [withoutDev] });
    expect(npmCalls(await bootstrap(['run', 'x.ts']))).toEqual([withoutDev]);
  });
});

describe('set-up', () => {
  const setUp = 'node --import tsx scripts/setup.ts --for run';
  const finishSetUp = async (found: string): Promise<void> => {
    await write('build/setup-run', `${found}\n`);
    await write('built', '');
  };

  it('is left out while all that it found is there and the programs are up to date', async () => {
    await bootstrap(['run', 'x.ts']);
    await finishSetUp(join(clone, 'bin/node'));
    expect((await bootstrap(['run', 'x.ts'])).calls).toEqual(['node --import tsx x.ts']);
  });

  it('runs again when a file is gone, a program is out of date or its list of packages is newer', async () => {
    await bootstrap(['run', 'x.ts']);
    await finishSetUp(join(clone, 'gone'));
    expect((await bootstrap(['run', 'x.ts'])).calls).toContain(setUp);

    await finishSetUp(join(clone, 'bin/node'));
    await rm(join(clone, 'built'));
    expect((await bootstrap(['run', 'x.ts'])).calls).toContain(setUp);

    await finishSetUp(join(clone, 'bin/node'));
    await new Promise((resolve) => setTimeout(resolve, 20)); // for a later time stamp
    await write('scripts/setup/packages.ts', '// changed');
    expect((await bootstrap(['run', 'x.ts'])).calls).toContain(setUp);
  });

  it('for testing is not covered by set-up for running', async () => {
    await bootstrap(['test', 'x.ts']);
    await finishSetUp(join(clone, 'bin/node'));
    expect((await bootstrap(['test', 'x.ts'])).calls[0]).toBe(
      'node --import tsx scripts/setup.ts --for test',
    );
  });
});
