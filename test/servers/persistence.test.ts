import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { allServers, describeServers, startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const get = 'GET / HTTP/1.1\r\nHost: tom\r\n\r\n';
const head = 'HEAD / HTTP/1.1\r\nHost: tom\r\n\r\n';
const last = simpleAnswer.text;
/** An answer after which the connection goes on. */
const between = last.replace('Connection: close', 'Server: forkbench');
const betweenHead = between.slice(0, between.indexOf('\r\n\r\n') + 4);

const upTo = (requests: number): string[] => ['--requests-per-connection', String(requests)];

describeServers(
  'several requests on a connection',
  (server) => {
    const start = (requests: number, ...flags: string[]): ReturnType<typeof startServer> =>
      startServer(server, [...upTo(requests), ...flags]);

    async function receiveBytes(client: RawClient, bytes: number): Promise<string> {
      await waitUntil('the answer is there', () => client.receivedBytes >= bytes);
      return client.receivedText;
    }

    it('are answered one by one; the last answer says that the connection ends', async () => {
      const { port, settled } = await start(3);
      const client = await RawClient.connect(port);
      for (let count = 1; count <= 2; count++) {
        await client.send(get);
        expect(await receiveBytes(client, count * 66)).toBe(between.repeat(count));
      }
      await client.send(get);
      expect(await client.receive()).toEqual({ text: between.repeat(2) + last, end: 'closed' });
      expect(await settled()).toMatchObject({
        accepted: 1,
        answered: 3,
        reuses: 2,
        errors: 0,
        bytesSent: 198,
      });
    });

    it('are answered in their order when they are pipelined, up to the end of the client', async () => {
      const { port, settled } = await start(0);
      const client = await RawClient.connect(port);
      const sending = client.send((get + head).repeat(2000)).then(() => client.halfClose());
      const { text, end } = await client.receive();
      await sending;
      expect(end).toBe('closed');
      expect(text.replaceAll('Connection: close', 'Server: forkbench')).toBe(
        (between + betweenHead).repeat(2000),
      );
      expect(await settled()).toMatchObject({ accepted: 1, answered: 4000, reuses: 3999, errors: 0 });
    });

    it('are answered up to the limit, and the rest is dropped without a reset', async () => {
      const { port, settled } = await start(5);
      expect(await exchange(port, get.repeat(2000))).toEqual({
        text: between.repeat(4) + last,
        end: 'closed',
      });
      expect(await settled()).toMatchObject({ accepted: 1, answered: 5, reuses: 4, errors: 0 });
    });

    it('may be split anywhere, have bodies, and have empty lines between them', async () => {
      const { port, settled } = await start(0);
      const posted = 'GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: 4\r\n\r\nbody';
      const chunked = 'GET / HTTP/1.1\r\nHost: tom\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
      const requests = `${posted}\r\n\r\n${chunked}${get}`;
      const client = await RawClient.connect(port);
      for (let at = 0; at < requests.length; at += 7)
        await client.sendAndAwaitRead(requests.slice(at, at + 7));
      expect(await receiveBytes(client, 3 * 66)).toBe(between.repeat(3));
      await client.sendAndAwaitRead('\r\n');
      client.close();
      expect(await settled()).toMatchObject({ accepted: 1, answered: 3, reuses: 2, errors: 0 });
    });

    it.each([
      ['HTTP/1.0', simpleGet],
      ['HTTP/1.0 with keep-alive', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
      ['"close"', 'GET / HTTP/1.1\r\nHost: tom\r\nConnection: close\r\n\r\n'],
      [
        '"close" among others, in any case',
        'GET / HTTP/1.1\r\nHost: tom\r\nConnection: x-a ,\tCLOSE,closed\r\n\r\n',
      ],
      [
        '"close" in a second field',
        'GET / HTTP/1.1\r\nHost: tom\r\nConnection: x\r\nconnection: close\r\n\r\n',
      ],
    ])('end with one that says %s', async (_, request) => {
      const { port, settled } = await start(0);
      expect(await exchange(port, get + request)).toEqual({ text: between + last, end: 'closed' });
      expect(await exchange(port, request + get)).toEqual(simpleAnswer);
      expect(await settled()).toMatchObject({ accepted: 2, answered: 3, reuses: 1, errors: 0 });
    });

    it.each(['closed', 'close-not', 'keep-alive', 'clos, e'])(
      'go on after "Connection: %s"',
      async (option) => {
        const { port } = await start(2);
        const request = `GET / HTTP/1.1\r\nHost: tom\r\nConnection: ${option}\r\n\r\n`;
        expect(await exchange(port, request.repeat(2))).toEqual({ text: between + last, end: 'closed' });
      },
    );

    it('end with one that is refused', async () => {
      const { port, settled } = await start(0);
      const { text, end } = await exchange(port, `${get}nonsense\r\n\r\n${get}`);
      expect(text.slice(0, 66)).toBe(between);
      expect(text.slice(66)).toMatch(/^HTTP\/1\.1 400 [^]*Connection: close\r\n\r\n400 Bad Request\n$/);
      expect(end).toBe('closed');
      expect(await settled()).toMatchObject({ accepted: 1, answered: 1, reuses: 1, errors: 1 });
    });

    it('count as errors when their client leaves within one, not between two', async () => {
      const { port, settled, totals } = await start(0);
      for (const rest of ['', 'GET /']) {
        for (const leave of ['close', 'reset', 'halfClose'] as const) {
          const client = await RawClient.connect(port);
          await client.send(get);
          await receiveBytes(client, 66);
          if (rest !== '') await client.sendAndAwaitRead(rest);
          await client[leave]();
          if (leave === 'halfClose') expect((await client.receive()).end).toBe('closed');
        }
      }
      await waitUntil('all are counted', async () => (await totals()).errors === 3);
      expect(await settled()).toMatchObject({ accepted: 6, answered: 6, reuses: 3, errors: 3 });
    });

    it('come soon after each other, or --recv-timeout-ms ends the connection', async () => {
      const { port, settled } = await start(0, '--recv-timeout-ms', '100');
      const client = await RawClient.connect(port);
      for (let count = 1; count <= 3; count++) {
        await client.send(get);
        await receiveBytes(client, count * 66);
      }
      expect(await client.receive()).toEqual({ text: between.repeat(3), end: 'closed' });
      const unfinished = await RawClient.connect(port);
      await unfinished.send(`${get}GET /`);
      expect((await unfinished.receive()).text).toBe(between);
      expect(await settled()).toMatchObject({ accepted: 2, answered: 4, reuses: 3, errors: 1 });
    });

    it('get answers that do not fit the send buffer, while more requests wait', async () => {
      const bytes = 3_000_000;
      const { port, settled, totals } = await start(0, '--response-bytes', String(bytes));
      const client = await RawClient.connect(port);
      client.stopReading();
      await client.send(get.repeat(10));
      await waitUntil('the first is on its way', async () => (await totals()).bytesSent > 0);
      client.resumeReading();
      await waitUntil('all is there', () => client.receivedBytes === 10 * bytes);
      await client.send(get);
      await waitUntil('one more is there', () => client.receivedBytes === 11 * bytes);
      client.close();
      expect(await settled()).toMatchObject({ accepted: 1, answered: 11, reuses: 10, bytesSent: 11 * bytes });
    });

    it('leave the server in order when it is told to stop between two', async () => {
      const { port, stop, totals } = await start(0);
      const client = await RawClient.connect(port);
      await client.send(get);
      await receiveBytes(client, 66);
      await stop();
      expect((await client.receive()).end).toBe('closed');
      expect(await totals()).toMatchObject({ accepted: 1, answered: 1, errors: 0 });
    });
  },
  [...allServers, 'sink'],
);

describeServers(
  'the hazard of several requests on a connection',
  (server) => {
    it('is that an idle client keeps all others waiting until it leaves', async () => {
      const { port } = await startServer(server, upTo(0));
      const idle = await RawClient.connect(port);
      await idle.send(get);
      await waitUntil('it is answered', () => idle.receivedBytes === 66);
      const waiting = await RawClient.connect(port);
      await waiting.send(simpleGet);
      await idle.sendAndAwaitRead(get);
      await waitUntil('it is answered again', () => idle.receivedBytes === 132);
      expect(waiting.receivedBytes).toBe(0);
      idle.close();
      expect(await waiting.receive()).toEqual(simpleAnswer);
    });
  },
  ['blocking-serial'],
);
