import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, startServer } from '../support/server-process.ts';
import { msPerTick, processState } from '../support/proc.ts';
import { waitUntil } from '../support/wait-until.ts';

const withHost = (start: string, ...fields: string[]): string =>
  [start, 'Host: tom', ...fields, '', ''].join('\r\n');
const headerOf = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n') + 4);
const bodyOf = (text: string): string => text.slice(headerOf(text).length);

describeServers('requests', (server) => {
  it('counts what it refuses as errors', async () => {
    const { port, settled } = await startServer(server);
    for (const start of ['nonsense', 'POST / HTTP/1.1', 'GET / HTTP/2.0'])
      await exchange(port, withHost(start));
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    expect(await settled()).toMatchObject({ accepted: 4, answered: 1, errors: 3 });
  });

  it('reads a request however it is split', async () => {
    const { port } = await startServer(server);
    const request = 'GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: 4\r\n\r\nbody';
    for (let at = 1; at < request.length; at++) {
      const client = await RawClient.connect(port);
      await client.sendAndAwaitRead(request.slice(0, at));
      expect(client.receivedBytes).toBe(0);
      await client.send(request.slice(at));
      expect(await client.receive()).toEqual(simpleAnswer);
    }
  });

  it('refuses a malformed request however it is split', async () => {
    const { port } = await startServer(server);
    const request = 'GET / HTTP/1.1\r\nHost: tom\r\nX : y\r\n\r\n';
    for (let at = 1; at < request.length; at += 3) {
      const client = await RawClient.connect(port);
      await client.sendAndAwaitRead(request.slice(0, at));
      void client.send(request.slice(at));
      const { text, end } = await client.receive();
      expect([text.slice(0, 24), end]).toEqual(['HTTP/1.1 400 Bad Request', 'closed']);
    }
  });

  it('reads a long body to its end before it answers', async () => {
    const { port } = await startServer(server);
    const bytes = 3_000_000;
    const client = await RawClient.connect(port);
    await client.send(withHost('GET / HTTP/1.1', `Content-Length: ${bytes}`) + 'b'.repeat(bytes - 1));
    await client.sendAndAwaitRead('');
    expect(client.receivedBytes).toBe(0);
    await client.send('b');
    expect(await client.receive()).toEqual(simpleAnswer);
  });

  it('answers the first of pipelined requests, and closes without a reset', async () => {
    const { port, settled } = await startServer(server);
    const request = withHost('GET / HTTP/1.1');
    expect(await exchange(port, request.repeat(2000))).toEqual(simpleAnswer);
    expect(await settled()).toMatchObject({ accepted: 1, answered: 1 });
  });

  it.each([57, 58, 66, 67, 68, 157, 158, 159, 1059, 10_060, 10_061, 4_194_304])(
    'sends exactly %i bytes when asked to',
    async (bytes) => {
      const { port, settled } = await startServer(server, ['--response-bytes', String(bytes)]);
      const { text, end } = await exchange(port, simpleGet);
      expect([text.length, end]).toEqual([bytes, 'closed']);
      expect(/Content-Length: +(\d+)\r\n/.exec(text)?.[1]).toBe(String(bodyOf(text).length));
      expect(await settled()).toMatchObject({ answered: 1, bytesSent: bytes });
    },
  );

  it('is not held for long by a client that stays after its refusal', async () => {
    const { port } = await startServer(server);
    const stubborn = await RawClient.connect(port);
    await stubborn.send('nonsense\r\n\r\n');
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
  });

  it('spends the CPU time per request that --work-us asks for', async () => {
    const workMs = 20;
    const requests = 15;
    const { port, counters, settled } = await startServer(server, ['--work-us', String(workMs * 1000)]);
    const cpuMs = async (): Promise<number> => {
      const { slots } = await counters();
      const worker = await processState(slots.at(-1)!.pid);
      return worker!.cpuTicks * msPerTick;
    };
    const before = await cpuMs();
    for (let count = 0; count < requests; count++)
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    await settled();
    const spentMs = (await cpuMs()) - before;
    // Wide, since the clock of a virtual CPU may change its speed after the calibration.
    expect(spentMs).toBeGreaterThan(0.5 * workMs * requests);
    expect(spentMs).toBeLessThan(3 * workMs * requests);
    // A refusal costs none of it.
    await exchange(port, 'nonsense\r\n\r\n');
    await waitUntil('the refusal is over', async () => (await settled()).errors === 1);
  });
});
