import { expect, it } from 'vitest';
import { Teardown } from '../../../harness/engine/teardown.ts';

it('undoes in reverse, whatever fails, and keeps the first error', async () => {
  const done: number[] = [];
  const teardown = new Teardown();
  teardown.add(() => done.push(1));
  teardown.add(() => {
    throw new Error('second');
  });
  teardown.add(async () => {
    done.push(3);
    throw new Error('first');
  });
  await expect(teardown.run()).rejects.toThrow('first');
  expect(done).toEqual([3, 1]);
});

it('waits for a run in progress, and undoes what was added meanwhile', async () => {
  const done: string[] = [];
  const teardown = new Teardown();
  teardown.add(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    done.push('slow');
  });
  const first = teardown.run();
  teardown.add(() => done.push('late'));
  await teardown.run();
  await first;
  expect(done.sort()).toEqual(['late', 'slow']);
});
