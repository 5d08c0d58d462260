import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { processState } from '../support/proc.ts';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, startServer, temporaryDirectory, workerFlags } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

describeServers('counters', (server) => {
  const flags = workerFlags(server.program, 2);
  const workers = flags.length > 0 ? 2 : 0;

  it('are those of living processes, and zero at first', async () => {
    const { counters, totals, pid } = await startServer(server, flags);
    const { respawns, slots } = await counters();
    expect(respawns).toBe(0);
    expect(slots).toHaveLength(1 + workers);
    expect(slots[0]!.pid).toBe(pid);
    for (const slot of slots) expect(await processState(slot.pid)).not.toBeNull();
    for (const count of Object.values(await totals())) expect(count).toBe(0);
  });

  it('account for every connection: accepted = answered + errors + open', async () => {
    const { port, totals, settled } = await startServer(server, [...flags, '--backlog', '512']);
    for (let round = 0; round < 20; round++) {
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
      await exchange(port, 'nonsense\r\n\r\n');
      const leaver = await RawClient.connect(port);
      await leaver.send('GET /');
      leaver.close();
    }
    await waitUntil('all are counted', async () => (await settled()).accepted === 60);
    expect(await settled()).toMatchObject({ accepted: 60, answered: 20, errors: 40 });

    const open = await RawClient.connect(port);
    await open.sendAndAwaitRead('GET /');
    await waitUntil('it is accepted', async () => (await totals()).accepted === 61);
    expect(await totals()).toMatchObject({ answered: 20, errors: 40 });
    open.close();
    expect(await settled()).toMatchObject({ accepted: 61, answered: 20, errors: 41 });
  });

  it('can be read while the server is stopped, and after it has ended', async () => {
    const { port, pid, totals, stop } = await startServer(server, flags);
    await exchange(port, simpleGet);
    await waitUntil('it is counted', async () => (await totals()).answered === 1);
    process.kill(pid, 'SIGSTOP');
    expect((await totals()).answered).toBe(1);
    process.kill(pid, 'SIGCONT');
    await stop();
    expect((await totals()).answered).toBe(1);
  });

  it('replace what an earlier run left, but not under the feet of a server that still runs', async () => {
    const countersFile = path.join(await temporaryDirectory(), 'page');
    await writeFile(countersFile, 'x'.repeat(100_000));
    const older = await startServer(server, [], { countersFile });
    const olderPage = await older.counters();
    const newer = await startServer(server, [], { countersFile });
    expect((await newer.counters()).slots[0]!.pid).not.toBe(olderPage.slots[0]!.pid);
    expect(await exchange(older.port, simpleGet)).toEqual(simpleAnswer);
    expect((await newer.totals()).accepted).toBe(0);
    process.kill(older.pid, 'SIGTERM');
    expect(await older.exited).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
