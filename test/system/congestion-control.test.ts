import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { makeWorkplace, startHarness } from '../support/harness.ts';
import { waitUntil } from '../support/wait-until.ts';

/* The one setting of the whole machine that a run may change. */

const allowedPath = '/proc/sys/net/ipv4/tcp_allowed_congestion_control';
const controlPath = '/proc/sys/net/ipv4/tcp_congestion_control';
const words = (path: string): string[] => readFileSync(path, 'utf8').trim().split(' ');

/** Ends a run as soon as it has changed the setting, and waits until it is as before. Resolves with its exit code. */
async function changesAndPutsBack(signal: 'SIGKILL' | 'SIGINT'): Promise<number | undefined> {
  const [allowedBefore, controlBefore] = [words(allowedPath), words(controlPath)[0]!];
  const withoutCubic = allowedBefore.filter((name) => name !== 'cubic');
  writeFileSync(allowedPath, withoutCubic.join(' '));
  // Where namespaces inherit it, nothing has to be changed.
  if (controlBefore === 'cubic') writeFileSync(controlPath, 'reno');
  const workplace = makeWorkplace();
  try {
    const running = startHarness(workplace, ['--scenario', 'smoke']);
    await waitUntil('the setting is changed', () => words(allowedPath).includes('cubic'), 20_000);
    running.kill(signal);
    const { exitCode } = await running;
    const isBack = (): boolean => words(allowedPath).join(' ') === withoutCubic.join(' ');
    await waitUntil('it is put back', isBack, 2000);
    return exitCode;
  } finally {
    writeFileSync(allowedPath, allowedBefore.join(' '));
    writeFileSync(controlPath, controlBefore);
    workplace.remove();
  }
}

it('is put back after SIGKILL', async () => {
  expect(await changesAndPutsBack('SIGKILL')).toBeUndefined();
}, 60_000);

it('is put back after Ctrl-C', async () => {
  expect(await changesAndPutsBack('SIGINT')).toBe(130);
}, 60_000);
