import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processState } from '../support/proc.ts';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, epollServers, startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const largeBytes = 30_000_000;

/** Waits until the server sleeps after it has accepted one connection and no more. */
async function sleepsOnItsFirst(server: Awaited<ReturnType<typeof startServer>>): Promise<void> {
  await waitUntil('the server sleeps on its first connection', async () => {
    const { accepted, answered, errors } = await server.totals();
    return accepted === 1 && answered + errors === 0 && (await processState(server.pid))?.state === 'S';
  });
}

describeServers(
  'slow clients, served one after the other',
  (server) => {
    it('is held by a silent client until that leaves', async () => {
      const running = await startServer(server);
      const silent = await RawClient.connect(running.port);
      const waiting = await RawClient.connect(running.port);
      await waiting.send(simpleGet);
      await sleepsOnItsFirst(running);
      expect(waiting.receivedBytes).toBe(0);
      silent.close();
      expect(await waiting.receive()).toEqual(simpleAnswer);
      expect(await running.settled()).toMatchObject({ accepted: 2, answered: 1, errors: 1 });
    });

    it('is freed of a silent client by --recv-timeout-ms', async () => {
      const running = await startServer(server, ['--recv-timeout-ms', '100']);
      const silent = await RawClient.connect(running.port);
      const stuck = await RawClient.connect(running.port);
      await stuck.send('GET / HT');
      expect(await exchange(running.port, simpleGet)).toEqual(simpleAnswer);
      expect((await silent.receive()).text).toBe('');
      expect((await stuck.receive()).text).toBe('');
      expect(await running.settled()).toMatchObject({ accepted: 3, answered: 1, errors: 2, eagains: 2 });
    });

    it('keeps --recv-timeout-ms out of the wait for the next connection', async () => {
      // Long enough for a client on a busy machine to send its request.
      const running = await startServer(server, ['--recv-timeout-ms', '500']);
      await sleep(700);
      expect(await exchange(running.port, simpleGet)).toEqual(simpleAnswer);
      expect(await running.settled()).toMatchObject({ emptyAccepts: 0, eagains: 0 });
    });

    it('is held by a client that does not read its answer', async () => {
      const running = await startServer(server, ['--response-bytes', String(largeBytes)]);
      const slow = await RawClient.connect(running.port);
      slow.stopReading();
      await slow.send(simpleGet);
      const waiting = await RawClient.connect(running.port);
      await waiting.send(simpleGet);
      await sleepsOnItsFirst(running);
      expect(waiting.receivedBytes).toBe(0);
      slow.resumeReading();
      expect((await slow.receive()).text).toHaveLength(largeBytes);
      expect((await waiting.receive()).text).toHaveLength(largeBytes);
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s while a silent client holds it', async (signal) => {
      const running = await startServer(server);
      await RawClient.connect(running.port);
      await sleepsOnItsFirst(running);
      running.kill(signal);
      expect(await running.exited).toMatchObject({ exitCode: 0, stderr: '' });
    });
  },
  ['blocking-serial'],
);

describeServers(
  'slow clients, served side by side',
  (server) => {
    it('is not held by clients that are silent, stuck in a header, or send bytes now and then', async () => {
      const running = await startServer(server, ['--backlog', '512']);
      const clients = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(running.port)));
      await Promise.all(clients.slice(100).map((client) => client.send('GET / ')));
      for (let round = 0; round < 8; round++) {
        await Promise.all(clients.slice(200).map((client) => client.send('HTTP/1.1'[round]!)));
        expect(await exchange(running.port, simpleGet)).toEqual(simpleAnswer);
      }
      expect(await running.totals()).toMatchObject({ answered: 8, errors: 0 });
      await Promise.all(clients.slice(200).map((client) => client.send('\r\nHost: tom\r\n\r\n')));
      for (const client of clients.slice(200)) expect(await client.receive()).toEqual(simpleAnswer);
    });

    it('is not held by a client that does not read, and still sends it everything', async () => {
      const running = await startServer(server, ['--response-bytes', String(largeBytes)]);
      const slow = await RawClient.connect(running.port);
      slow.stopReading();
      await slow.send(simpleGet);
      await waitUntil('its answer no longer fits', async () => (await running.totals()).eagains > 0);
      expect((await exchange(running.port, simpleGet)).text).toHaveLength(largeBytes);
      expect(slow.hasEnded).toBe(false);
      slow.resumeReading();
      const { text, end } = await slow.receive();
      expect([text.length, end]).toEqual([largeBytes, 'closed']);
      expect(await running.settled()).toMatchObject({ answered: 2, errors: 0, bytesSent: 2 * largeBytes });
    });

    it('closes on clients that stay silent for --recv-timeout-ms, and on no others', async () => {
      const flags = ['--recv-timeout-ms', '800', '--response-bytes', String(largeBytes)];
      const running = await startServer(server, flags);
      // Waits with its answer, not for a request.
      const slowReader = await RawClient.connect(running.port);
      slowReader.stopReading();
      await slowReader.send(simpleGet);
      await waitUntil('its answer no longer fits', async () => (await running.totals()).eagains > 0);
      const talker = await RawClient.connect(running.port);
      const silent = await RawClient.connect(running.port);
      const stuck = await RawClient.connect(running.port);
      await stuck.send('GET / HT');
      let sent = 0;
      while (!(silent.hasEnded && stuck.hasEnded)) {
        await talker.send(sent === 0 ? 'GET / HTTP/1.0\r\nX: ' : 'x');
        sent += 1;
        await sleep(20);
      }
      // Behind the others by as much again.
      for (const deadline = performance.now() + 1000; performance.now() < deadline; await sleep(20)) {
        await talker.send('x');
      }
      await talker.send('\r\n\r\n');
      expect((await talker.receive()).text).toHaveLength(largeBytes);
      expect((await silent.receive()).text).toBe('');
      expect((await stuck.receive()).text).toBe('');
      slowReader.resumeReading();
      expect((await slowReader.receive()).text).toHaveLength(largeBytes);
      expect(await running.settled()).toMatchObject({ accepted: 4, answered: 2, errors: 2 });
    });

    it('is not held by a client that never stops sending', async () => {
      const running = await startServer(server);
      const endless = await RawClient.connect(running.port);
      await endless.send('GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: 1000000000000\r\n\r\n');
      let sending = true;
      const flood = (async () => {
        while (sending) await endless.send(Buffer.alloc(1 << 20));
      })();
      for (let round = 0; round < 20; round++) {
        expect(await exchange(running.port, simpleGet)).toEqual(simpleAnswer);
      }
      sending = false;
      await flood;
    });
  },
  epollServers,
);

describeServers('silent clients with --defer-accept', (server) => {
  it('are not accepted before they send', async () => {
    const running = await startServer(server, ['--defer-accept', '60']);
    const silent = await RawClient.connect(running.port);
    for (let round = 0; round < 3; round++)
      expect(await exchange(running.port, simpleGet)).toEqual(simpleAnswer);
    expect(await running.settled()).toMatchObject({ accepted: 3, answered: 3 });
    await silent.send(simpleGet);
    expect(await silent.receive()).toEqual(simpleAnswer);
    expect(await running.settled()).toMatchObject({ accepted: 4, answered: 4 });
  });
});
