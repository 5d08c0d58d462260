import { execa } from 'execa';
import { expect, it } from 'vitest';
import { msPerTick, processState } from '../support/proc.ts';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import {
  describeServers,
  epollServers,
  startServer,
  workerFlags,
  type Build,
  type Program,
} from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A request with everything in which a client can leave off. */
const wholeRequest =
  'GET / HTTP/1.1\r\nHost: tom\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n';

describeServers('hostile clients', (server) => {
  it('outlives a reset after each byte of a request', async () => {
    const { port, settled } = await startServer(server, ['--backlog', '512']);
    for (let at = 0; at <= wholeRequest.length; at++) {
      const client = await RawClient.connect(port);
      await client.send(wholeRequest.slice(0, at));
      client.reset();
      if (at % 10 === 0) expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    }
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    await settled();
  });

  it('serves again after a flood of connections beyond its limit of open files', async () => {
    const { port, settled } = await startServer(server, ['--backlog', '512'], {
      wrapper: ['prlimit', '--nofile=40:40'],
    });
    for (const leave of ['close', 'reset'] as const) {
      const flood = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(port)));
      for (const client of flood) void client.send('GET / HT');
      for (const client of flood) client[leave]();
      // Until it has noticed that they are gone it may turn others away.
      await waitUntil(
        `it serves after they ${leave}`,
        async () => (await exchange(port, simpleGet)).text === simpleAnswer.text,
      );
    }
    await settled();
  });
});

describeServers(
  'connections beyond the limit of open files',
  (server) => {
    it('are turned away, one as the other, and cost no more than that', async () => {
      const flags = ['--backlog', '512', ...workerFlags(server.program, 2)];
      const { port, settled, totals, counters } = await startServer(server, flags, {
        wrapper: ['prlimit', '--nofile=64:64'],
      });
      // Which of two threads gets the last descriptor is a matter of luck.
      for (let round = 0; round < 15; round++) {
        const before = await totals();
        const clients: RawClient[] = [];
        // After a flood one at a time: each has to be taken by whoever is woken for it.
        for (const more of [300, 1, 1, 1, 1]) {
          clients.push(...(await Promise.all(Array.from({ length: more }, () => RawClient.connect(port)))));
          await waitUntil(
            'all are accepted or turned away',
            async () => (await totals()).accepted - before.accepted === clients.length,
          );
        }
        for (const client of clients) client.close();
        await settled();
      }
      const { slots } = await counters();
      const states = await Promise.all([...new Set(slots.map(({ pid }) => pid))].map(processState));
      const cpuMs = states.reduce((sum, state) => sum + state!.cpuTicks * msPerTick, 0);
      // What runs in circles burns seconds before that wait gives up.
      expect(cpuMs).toBeLessThan(3000);
    });
  },
  epollServers,
);

/** Ways to keep a server waiting, as arguments of slowhttptest. */
const slowness: Readonly<Record<string, readonly string[]>> = {
  header: ['-H'],
  body: ['-B', '-t', 'GET', '-s', '4096'],
  read: ['-X', '-w', '1', '-y', '16', '-z', '8', '-k', '1'],
};
const connections = 150;

/** Attacks a server in every way at once, and meanwhile is served by it. */
async function expectServedDuringAttacks(server: { program: Program; build: Build }): Promise<void> {
  const responseBytes = 4_000_000;
  const flags = ['--backlog', '1024', '--response-bytes', String(responseBytes)];
  const { port, totals } = await startServer(server, flags);
  const url = `http://127.0.0.1:${port}/`;
  const common = ['-c', String(connections), '-r', '1000', '-i', '1', '-l', '3', '-p', '10', '-u', url];
  const attacks = Object.values(slowness).map((mode) =>
    execa('slowhttptest', [...mode, ...common], { timeout: 30_000, reject: false }),
  );
  let over = false;
  const all = Promise.all(attacks).finally(() => (over = true));
  await waitUntil(
    'the attacks are under way',
    async () => over || (await totals()).accepted >= attacks.length * connections,
  );
  expect(over).toBe(false);
  while (!over) {
    const { text, end } = await exchange(port, simpleGet);
    expect([text.length, end]).toEqual([responseBytes, 'closed']);
  }
  for (const { stdout, stderr } of await all) {
    const available = [...`${stdout}${stderr}`.matchAll(/service available:\S*\s+\S*(YES|NO)/g)];
    expect(new Set(available.map(([, answer]) => answer))).toEqual(new Set(['YES']));
  }
}

// Both builds side by side: most of it is waiting.
it.each(epollServers)('%s serves others while slowhttptest is at it', async (program) => {
  const builds = ['release', 'asan'] as const;
  await Promise.all(builds.map((build) => expectServedDuringAttacks({ program, build })));
});
