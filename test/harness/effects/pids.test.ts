import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { family, smallFamily } from '../../../harness/effects/pids.ts';

const parent = execa('sh', ['-c', 'sleep 60 & (sleep 60 & sleep 60; true) & echo ready; wait'], {
  reject: false,
  detached: true,
});

// At once: what is printed before anybody listens is told to nobody.
const ready = new Promise((done) => parent.stdout.once('data', done));
beforeAll(() => ready);
afterAll(async () => {
  process.kill(-parent.pid!, 'SIGKILL');
  await parent;
});

it('finds all that descend from a process', async () => {
  await expect.poll(() => family(parent.pid!).length).toBe(5);
  expect(smallFamily(parent.pid!, 5)!.sort()).toEqual(family(parent.pid!).sort());
});

it('gives up where there are more than were asked for', async () => {
  await expect.poll(() => family(parent.pid!).length).toBe(5);
  expect(smallFamily(parent.pid!, 4)).toBeNull();
});

it('finds nobody but a process that has ended itself', () => {
  expect(family(2 ** 22 + 1)).toEqual([]);
});
