import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeEngines, inBothBuilds, load } from '../support/generator.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { waitUntil } from '../support/wait-until.ts';

describeEngines('its requests', (engine) => {
  it('are the documented bytes, one to a connection', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
      const { total } = await load(generator, server.port, { connections: 3, more: ['--path', '/a?b=%20'] });
      const greetings = engine === 'processes' ? 1 : 0;
      // The last connections may still wait in the queue of a server that has to share its cores.
      await waitUntil('all connections', async () => server.requests.length - greetings >= total.connected);
      const expected =
        engine !== 'processes'
          ? `GET /a?b=%20 HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`
          : 'GET /a?b=%20 HTTP/1.0\r\nUser-Agent: WebBench 1.5\r\nHost: 127.0.0.1\r\n\r\n';
      // Before all, webbench connects and closes without a byte.
      const [first, ...others] = server.requests;
      expect(first).toBe(engine !== 'processes' ? expected : '');
      const whole = others.filter((request) => request === expected);
      // The alarm of webbench's clients can come between connect and send.
      const unsent = others.filter((request) => request === '');
      expect(whole.length + unsent.length).toBe(others.length);
      expect(unsent.length).toBeLessThanOrEqual(engine !== 'processes' ? 0 : 3);
      expect(server.requests.length - greetings).toBeLessThanOrEqual(
        total.connected + (engine !== 'processes' ? 0 : 3),
      );
    }));

  it('leave it to the server to close first', () =>
    inBothBuilds(engine, async (generator) => {
      const early: string[] = [];
      const server = await startScriptedServer(async (socket) => {
        let ended = false;
        socket.on('end', () => {
          if (!ended) early.push('the client closed before the server');
        });
        socket.write(wholeResponse());
        await sleep(20);
        ended = true;
        socket.end();
      });
      // Once a run, its alarm leaves each of webbench's clients in the middle of a request.
      const { total } = await load(generator, server.port, { connections: 3, durationMs: 300 });
      expect(total.succeeded).toBeGreaterThan(3);
      expect(early.length).toBeLessThanOrEqual(engine !== 'processes' ? 0 : 3);
      if (engine !== 'processes') expect(server.errors).toEqual([]);
    }));
});
