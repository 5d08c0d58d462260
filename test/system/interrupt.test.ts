import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  commandOf,
  eventually,
  makeWorkplace,
  namespacesOf,
  processesOf,
  readRecords,
  runDirectory,
  sessionIds,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

const longRun = ['--scenario', 'smoke', '--duration', '30s', '--concurrency', '4'];

/** Starts a run and waits until its server and its load are at work; gives the ids of its sessions. */
async function startLongRun(extra: readonly string[] = []) {
  const running = startHarness(workplace, [...longRun, ...extra]);
  await eventually('a load that runs', () =>
    processesOf(workplace).some((pid) => pid !== running.pid && commandOf(pid).includes('--engine')),
  );
  return { running, ids: sessionIds(workplace) };
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a run with 130 and leaves nothing behind',
  async (signal) => {
    const { running, ids } = await startLongRun(signal === 'SIGINT' ? [] : ['--load', 'processes']);
    expect(namespacesOf(ids)).toHaveLength(2);
    running.kill(signal);
    const result = await running;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toMatch(/interrupted; the repeats measured until then are in/);
    expect(processesOf(workplace)).toEqual([]);
    expect(namespacesOf(ids)).toEqual([]);
    expect(sessionIds(workplace)).toEqual([]);
    expect(existsSync(`/dev/shm/forkbench-${ids[0]}`)).toBe(false);
    expect(readRecords(workplace)).toEqual([]);
    expect(readdirSync(join(runDirectory(workplace), 'raw')).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
  },
);

it('a run after kill -9 of the harness cleans up what that left, and says so', async () => {
  const { running, ids } = await startLongRun(['--load', 'processes']);
  running.kill('SIGKILL');
  await running;
  // The proof that there was something to clean up.
  expect(namespacesOf(ids)).toHaveLength(2);
  expect(processesOf(workplace).length).toBeGreaterThan(0);

  const next = await startHarness(workplace, [
    '--scenario',
    'smoke',
    '--concurrency',
    '2',
    '--variants',
    'blocking-serial',
  ]);
  expect(next.exitCode, String(next.stderr)).toBe(0);
  expect(next.stdout).toMatch(/cleaned up after a run that was killed/);
  expect(processesOf(workplace)).toEqual([]);
  expect(namespacesOf(ids)).toEqual([]);
  expect(existsSync(`/dev/shm/forkbench-${ids[0]}`)).toBe(false);
  expect(sessionIds(workplace)).toEqual([]);
});

it('two runs at once are refused: they would measure each other', async () => {
  const { running } = await startLongRun();
  const second = await startHarness(workplace, ['--scenario', 'smoke']);
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toMatch(new RegExp(`process ${running.pid}\\) is measuring`));
  expect(second.stderr).toMatch(/remedy: wait for it/);
  running.kill('SIGINT');
  await running;
});
