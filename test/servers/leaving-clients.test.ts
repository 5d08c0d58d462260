import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const half = 'GET / HTTP/1.1\r\nHost: t';
const withBody = 'GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: 100\r\n\r\nhalf of it';

/** None of them can be answered, so each must end as one error. */
const leavers: [string, (client: RawClient) => Promise<void> | void][] = [
  ['closes at once, as webbench does first of all', (client) => client.close()],
  ['resets at once', (client) => client.reset()],
  ['closes within the header', (client) => client.send(half).then(() => client.close())],
  ['resets within the header', (client) => client.send(half).then(() => client.reset())],
  [
    'resets within the header, once that was read',
    (client) => client.sendAndAwaitRead(half).then(() => client.reset()),
  ],
  ['ends its direction within the header', (client) => client.send(half).then(() => client.halfClose())],
  ['closes within the body', (client) => client.send(withBody).then(() => client.close())],
  ['resets within the body', (client) => client.sendAndAwaitRead(withBody).then(() => client.reset())],
  ['resets after nonsense', (client) => client.send('nonsense\r\n\r\n').then(() => client.reset())],
];

describeServers('clients that leave', (server) => {
  it.each(leavers)('outlives one that %s', async (_, leave) => {
    const { port, settled } = await startServer(server);
    for (let round = 1; round <= 5; round++) {
      await leave(await RawClient.connect(port));
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    }
    // The leaver's connection may be the last one to end.
    await waitUntil('all are counted', async () => (await settled()).accepted === 10);
    expect(await settled()).toMatchObject({ accepted: 10, answered: 5, errors: 5 });
  });

  it('outlives one that leaves before it reads its answer', async () => {
    const { port, settled } = await startServer(server);
    for (let round = 1; round <= 5; round++) {
      const client = await RawClient.connect(port);
      await client.send(simpleGet);
      if (round % 2 === 0) client.close();
      else client.reset();
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    }
    await waitUntil('all are counted', async () => (await settled()).accepted === 10);
    expect((await settled()).answered).toBeGreaterThanOrEqual(5);
  });

  const ways: [string, (client: RawClient) => Promise<void> | void][] = [
    ['close', (client) => client.close()],
    ['reset', (client) => client.reset()],
    // The one order in which a write is answered with SIGPIPE; with bytes left unread the close is a reset.
    ['end their direction and then close', (client) => client.halfClose().then(() => client.close())],
  ];
  it.each(ways)('outlives clients that %s in the middle of their answer', async (_, leave) => {
    const { port, settled, totals } = await startServer(server, ['--response-bytes', '30000000']);
    for (let round = 1; round <= 3; round++) {
      const client = await RawClient.connect(port);
      client.stopReading();
      await client.send(simpleGet);
      await waitUntil('the answer is on its way', async () => (await totals()).accepted === round);
      await client.sendAndAwaitRead('');
      await leave(client);
    }
    const { text, end } = await exchange(port, simpleGet);
    expect([text.length, end]).toEqual([30_000_000, 'closed']);
    expect(await settled()).toMatchObject({ accepted: 4, answered: 1, errors: 3 });
  });

  it('outlives a crowd that leaves at random points', async () => {
    const { port, settled } = await startServer(server, ['--backlog', '512']);
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const client = await RawClient.connect(port);
        const sent = simpleGet.slice(0, index % (simpleGet.length + 1));
        await client.send(sent);
        if (index % 3 === 0) client.close();
        else client.reset();
      }),
    );
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    await waitUntil('all are counted', async () => (await settled()).accepted === 201);
  });
});
