import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, startServer } from '../support/server-process.ts';
import { msPerTick, processState } from '../support/proc.ts';
import { waitUntil } from '../support/wait-until.ts';

const withHost = (start: string, ...fields: string[]): string =>
  [start, 'Host: tom', ...fields, '', ''].join('\r\n');
const headerOf = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n') + 4);
const bodyOf = (text: string): string => text.slice(headerOf(text).length);

/** A request whose head, up to its empty line, is `bytes` long. */
function requestWithHeadOf(bytes: number): string {
  const shortest = withHost('GET / HTTP/1.1', 'X-Filling: ');
  return withHost('GET / HTTP/1.1', `X-Filling: ${'x'.repeat(bytes - shortest.length)}`);
}

const served: [string, string][] = [
  ['what webbench sends', 'GET / HTTP/1.0\r\nUser-Agent: WebBench 1.5\r\nHost: 192.168.56.2\r\n\r\n'],
  ['HTTP/1.0 without any field', simpleGet],
  ['a query', withHost('GET /page?name=value&x=%20 HTTP/1.1')],
  ['an absolute target', withHost('GET http://tom:11111/ HTTP/1.1')],
  ['bare line feeds', 'GET / HTTP/1.1\nHost: tom\n\n'],
  ['empty lines before the request', '\r\n\r\n' + simpleGet],
  ['fields of any case, padded', 'GET / HTTP/1.1\r\nhOST: \t tom:80 \t\r\ncontent-LENGTH:0\r\n\r\n'],
  ['a value beyond ASCII', withHost('GET / HTTP/1.1', 'X-Name: sch\xf6n')],
  ['a field with a long name', withHost('GET / HTTP/1.1', `X-${'Name'.repeat(200)}: value`)],
  ['a later minor version', withHost('GET / HTTP/1.7')],
  ['a body', withHost('GET / HTTP/1.1', 'Content-Length: 12') + 'twelve bytes'],
  ['the largest head', requestWithHeadOf(8192)],
];

const refused: [string, string, number][] = [
  ['no HTTP at all', 'hello there\r\n\r\n', 400],
  ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['no version', 'GET /\r\n\r\n', 400],
  ['an empty method', ' / HTTP/1.1\r\n\r\n', 400],
  ['a target that is neither path nor URI', withHost('GET page HTTP/1.1'), 400],
  ['two blanks in the request line', withHost('GET  / HTTP/1.1'), 400],
  ['a lower-case protocol', withHost('GET / http/1.1'), 400],
  ['a control character in the target', withHost('GET /\x01 HTTP/1.1'), 400],
  ['a carriage return on its own', 'GET / HTTP/1.1\rHost: tom\r\n\r\n', 400],
  ['a blank before the colon', withHost('GET / HTTP/1.1', 'X-Name : value'), 400],
  ['a folded field', withHost('GET / HTTP/1.1', 'X-Name: value', ' continued'), 400],
  ['a field without a colon', withHost('GET / HTTP/1.1', 'X-Name'), 400],
  ['a zero byte in a value', withHost('GET / HTTP/1.1', 'X-Name: a\0b'), 400],
  ['HTTP/1.1 without Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', withHost('GET / HTTP/1.1', 'Host: jerry'), 400],
  ['a Host with a blank', 'GET / HTTP/1.1\r\nHost: tom jerry\r\n\r\n', 400],
  ['a negative length', withHost('GET / HTTP/1.1', 'Content-Length: -1'), 400],
  ['a length that is no number', withHost('GET / HTTP/1.1', 'Content-Length: 1x'), 400],
  ['an empty length', withHost('GET / HTTP/1.1', 'Content-Length:'), 400],
  ['two lengths', withHost('GET / HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2'), 400],
  ['two lengths in one', withHost('GET / HTTP/1.1', 'Content-Length: 1, 1'), 400],
  ['a length beyond all limits', withHost('GET / HTTP/1.1', `Content-Length: ${'9'.repeat(30)}`), 413],
  [
    'length and coding together',
    withHost('GET / HTTP/1.1', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    400,
  ],
  ['a target over 8 KiB', withHost(`GET /${'a'.repeat(8192)} HTTP/1.1`), 414],
  ['a head one byte over 8 KiB', requestWithHeadOf(8193), 431],
  // Sent in one piece, of which the server can't have read all when it refuses.
  ['a head of 50 KB', requestWithHeadOf(50_000), 431],
  ['a head far over 8 KiB', requestWithHeadOf(1_000_000), 431],
  ['many small fields', withHost('GET / HTTP/1.1', ...Array<string>(2000).fill('X-A: b')), 431],
  ['POST', withHost('POST / HTTP/1.1', 'Content-Length: 4') + 'body', 501],
  ['a method of its own', withHost('BREW /pot HTTP/1.1'), 501],
  ['a method with a long name', withHost(`${'BREW'.repeat(200)} / HTTP/1.1`), 501],
  ['OPTIONS for the server', withHost('OPTIONS * HTTP/1.1'), 501],
  ['a method in lower case', withHost('get / HTTP/1.1'), 501],
  ['a transfer coding', withHost('GET / HTTP/1.1', 'Transfer-Encoding: gzip'), 501],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
];

describeServers('requests', (server) => {
  it.each(served)('serves %s', async (_, request) => {
    const { port } = await startServer(server);
    expect(await exchange(port, Buffer.from(request, 'latin1'))).toEqual(simpleAnswer);
  });

  it('refuses each malformed or oversized request with its code, whole and without a reset', async () => {
    const { port, settled } = await startServer(server);
    for (const [what, request, code] of refused) {
      const { text, end } = await exchange(port, Buffer.from(request, 'latin1'));
      expect({ what, code: Number(text.split(' ')[1]), end }).toEqual({ what, code, end: 'closed' });
      expect(headerOf(text)).toContain(`Content-Length: ${bodyOf(text).length}\r\nConnection: close\r\n`);
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    }
    expect(await settled()).toMatchObject({ answered: refused.length, errors: refused.length });
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

  it('reads a request byte by byte', async () => {
    const { port } = await startServer(server);
    const client = await RawClient.connect(port);
    for (const byte of 'GET / HTTP/1.1\r\nHost: tom\r\n\r\n') await client.sendAndAwaitRead(byte);
    expect(await client.receive()).toEqual(simpleAnswer);
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

  it('answers a client that has ended its own direction', async () => {
    const { port } = await startServer(server);
    const client = await RawClient.connect(port);
    await client.send(simpleGet);
    await client.halfClose();
    expect(await client.receive()).toEqual(simpleAnswer);
  });

  it('answers the first of pipelined requests, and closes without a reset', async () => {
    const { port, settled } = await startServer(server);
    const request = withHost('GET / HTTP/1.1');
    expect(await exchange(port, request.repeat(2000))).toEqual(simpleAnswer);
    expect(await settled()).toMatchObject({ accepted: 1, answered: 1 });
  });

  it('answers HEAD with the header of GET and no body, also when it refuses', async () => {
    const { port } = await startServer(server);
    const head = await exchange(port, withHost('HEAD / HTTP/1.1'));
    expect(head).toEqual({ text: headerOf(simpleAnswer.text), end: 'closed' });
    const refusal = await exchange(port, 'HEAD / HTTP/1.1\r\n\r\n');
    expect(refusal.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(bodyOf(refusal.text)).toBe('');
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
