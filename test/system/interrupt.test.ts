import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processState } from '../support/proc.ts';
import {
  allProcesses,
  commandOf,
  eventually,
  makeWorkplace,
  namespacesOf,
  processesOf,
  readRecords,
  runDirectory,
  sessionIds,
  startHarness,
  stillHeld,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

const longRun = ['--scenario', 'smoke', '--duration', '30s', '--concurrency', '4'];

/** The guard of a harness: the child that runs guard-main.ts. */
const guardOf = (harness: number): number =>
  processesOf(workplace).find((pid) => pid !== harness && commandOf(pid).includes('guard-main.ts'))!;

/** Starts a run and waits until its server and its load are at work. */
async function startLongRun(extra: readonly string[] = []) {
  const running = startHarness(workplace, [...longRun, ...extra]);
  await eventually('a load that runs', () =>
    processesOf(workplace).some((pid) => pid !== running.pid && commandOf(pid).includes('--engine')),
  );
  const namespaces = namespacesOf(processesOf(workplace));
  // Tom's and Jerry's network at least: the proof that there was something to clean up.
  expect(namespaces.filter((name) => name.startsWith('net:'))).toHaveLength(2);
  // Younger processes may have got the number of a namespace that is gone.
  const alive = allProcesses();
  const held = (): string[] => stillHeld(namespaces, alive);
  return { running, ids: sessionIds(workplace), held, guard: guardOf(running.pid!) };
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a run with 130 and leaves nothing behind',
  async (signal) => {
    const { running, ids, held } = await startLongRun(signal === 'SIGINT' ? [] : ['--load', 'processes']);
    running.kill(signal);
    const result = await running;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toMatch(/interrupted; the repeats measured until then are in/);
    expect(processesOf(workplace)).toEqual([]);
    expect(held()).toEqual([]);
    expect(sessionIds(workplace)).toEqual([]);
    expect(existsSync(`/dev/shm/forkbench-${ids[0]}`)).toBe(false);
    expect(readRecords(workplace)).toEqual([]);
    expect(readdirSync(join(runDirectory(workplace), 'raw')).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
  },
);

it('a run cleans up what one left whose guard was killed before it, and says so', async () => {
  const { running, ids, held, guard } = await startLongRun(['--load', 'processes']);
  process.kill(guard, 'SIGKILL');
  running.kill('SIGKILL');
  await running;
  // The proof that there was something to clean up.
  expect(held().length).toBeGreaterThan(0);
  expect(processesOf(workplace).length).toBeGreaterThan(0);

  const next = await startHarness(workplace, [
    '--scenario',
    'smoke',
    ...['--variants', 'blocking-serial', '--concurrency', '2', '--duration', '300ms'],
  ]);
  expect(next.exitCode, String(next.stderr)).toBe(0);
  expect(next.stdout).toMatch(/cleaned up after a run that was killed/);
  expect(processesOf(workplace)).toEqual([]);
  expect(held()).toEqual([]);
  expect(existsSync(`/dev/shm/forkbench-${ids[0]}`)).toBe(false);
  expect(sessionIds(workplace)).toEqual([]);
});

it('a run goes on without its guard, and still leaves nothing behind', async () => {
  const { running, held, guard } = await startLongRun();
  process.kill(guard, 'SIGKILL');
  running.kill('SIGINT');
  expect((await running).exitCode).toBe(130);
  expect(processesOf(workplace)).toEqual([]);
  expect(held()).toEqual([]);
  expect(sessionIds(workplace)).toEqual([]);
});

it('the guard costs no CPU time while it waits, and signals do not end it', async () => {
  const { running, guard } = await startLongRun();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guard, signal);
  const before = (await processState(guard))!.cpuTicks;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = await processState(guard);
  expect(after!.cpuTicks - before).toBeLessThanOrEqual(1);
  running.kill('SIGINT');
  await running;
  expect(processesOf(workplace)).toEqual([]);
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
