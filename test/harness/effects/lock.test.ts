import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { lockName, takeLock } from '../../../harness/effects/lock.ts';
import { asOrdinaryUser } from '../../support/restricted.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A process of another user that holds a lock, as far as others can tell. */
async function startHolder(name: string) {
  const script = `require('net').createServer((socket) => socket.end(String(process.pid)))
    .listen('\\0' + process.argv[1], () => console.log('held'))`;
  const [command, ...args] = asOrdinaryUser;
  const holder = execa(command!, [...args, process.execPath, '-e', script, name.slice(1)], { reject: false });
  await once(holder.stdout, 'data');
  return { holder };
}

describe('the lock of the machine', () => {
  it('is the same for every user, unless sessions are kept apart', () => {
    expect(lockName(undefined)).toBe('\0forkbench');
    expect(lockName('/tmp/a')).not.toBe(lockName('/tmp/b'));
  });

  it('is held by one at a time, until it is released', async () => {
    const name = lockName(randomUUID());
    const lock = await takeLock(name);
    await expect(takeLock(name)).rejects.toThrow(new RegExp(`run \\(process ${process.pid}\\) is measuring`));
    await lock.release();
    await (await takeLock(name)).release();
  });

  it("refuses while another user's process holds it, and is free as soon as that is killed", async () => {
    const name = lockName(randomUUID());
    const { holder } = await startHolder(name);
    await expect(takeLock(name)).rejects.toThrow(UserError);
    holder.kill('SIGKILL');
    await holder;
    const lock = await waitUntil('it is free', () => takeLock(name).catch(() => null));
    await lock.release();
  });
});
