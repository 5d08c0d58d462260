import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema } from '../../../harness/core/manifest.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import {
  commandOf,
  eventually,
  makeWorkplace,
  processesOf,
  readAllRecords,
  runDirectory,
  type Workplace,
} from '../../support/harness.ts';
import { makeSshHosts, sshdMissing, type SshHosts } from '../../support/ssh-hosts.ts';

/*
 * What may befall a run on hosts by ssh in its midst. Whatever it is, nothing of it stays on a host.
 */

const missing = sshdMissing();

describe('a run on hosts by ssh', { timeout: 200_000 }, () => {
  let workplace: Workplace;
  let hosts: SshHosts;
  beforeAll(async () => {
    if (missing === null) hosts = await makeSshHosts();
  });
  afterAll(() => hosts?.close());
  beforeEach(() => void (workplace = makeWorkplace()));
  afterEach(() => workplace.remove());

  const small = [
    ...['--scenario', 'smoke', '--variants', 'blocking-serial', '--concurrency', '5'],
    ...['--repeats', '3', '--duration', '4s'],
  ];
  const manifest = () =>
    manifestSchema.parse(JSON.parse(readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8')));
  const timed = (): RepeatRecord[] => readAllRecords(workplace).filter(({ pass }) => pass === 'timed');
  const isServing = (): boolean =>
    hosts.processes().some((pid) => commandOf(pid).includes('blocking-serial\0--host'));
  const begin = (...more: string[]) => hosts.startRun(workplace, ...small, '--hosts', hosts.file, ...more);
  const midRun = async (run: ReturnType<SshHosts['startRun']>): Promise<void> => {
    const ended = run.then(({ stdout, stderr }): never => {
      throw new Error(`it ended before: ${stdout}${stderr}`);
    });
    await Promise.race([ended, eventually('a server on Tom', isServing, 120_000)]);
  };
  /** Longer than an agent waits, which a test of time may not hold against it on a busy machine. */
  const allGone = (): Promise<boolean> =>
    eventually('all processes on the hosts to end', () => hosts.processes().length === 0, 40_000);

  it('that is killed leaves nothing on the hosts', async (context) => {
    if (missing !== null) context.skip(missing);
    const run = begin();
    await midRun(run);
    run.kill('SIGKILL');
    for (const pid of processesOf(workplace))
      if (commandOf(pid).includes('run.ts')) process.kill(pid, 'SIGKILL');
    await run;
    // Here the connection's end is heard at once.
    await eventually('all processes on the hosts to end', () => hosts.processes().length === 0, 5000);
    expect(hosts.processes()).toEqual([]);
  });

  it('whose link is cut fails its repeat for that, goes on when it can, and ends what was cut off', async (context) => {
    if (missing !== null) context.skip(missing);
    const run = begin();
    await midRun(run);
    await hosts.setLink('tom', 'down');
    await eventually('everything on Tom to end', () => !isServing(), 40_000);
    await eventually('the failed record', () => timed().some(({ status }) => status === 'failed'), 40_000);
    await hosts.setLink('tom', 'up');
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(1);
    expect(stdout).toContain('it is reached again');
    const [failed, ...others] = timed();
    expect(failed).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('tom cannot be reached: ') },
    });
    expect(others.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(hosts.processes()).toEqual([]);
  });

  it('whose sshd is killed stops where it was told to, and is resumed', async (context) => {
    if (missing !== null) context.skip(missing);
    const run = begin('--on-lost-host', 'stop');
    await midRun(run);
    await hosts.killSshd('tom');
    const { exitCode, stderr, stdout } = await run;
    expect(exitCode, stdout).toBe(2);
    expect(stderr).toMatch(/tom cannot be reached: .*--resume /s);
    expect(timed()).toMatchObject([
      { status: 'failed', failure: { message: expect.stringContaining('tom cannot be reached: ') } },
    ]);
    await allGone();
    await hosts.startSshd('tom');
    const resumed = await hosts.startRun(workplace, '--resume', runDirectory(workplace));
    expect(resumed.stdout, resumed.stderr).toContain('going on with ');
    expect(manifest().completedAt).toBeDefined();
    // The one that failed for its host is made again.
    expect(timed().map(({ status }) => status)).toEqual(['failed', 'ok', 'ok', 'ok']);
    expect(hosts.processes()).toEqual([]);
    expect(existsSync(join(hosts.directory, 'cache', 'forkbench'))).toBe(true);
  });
});
