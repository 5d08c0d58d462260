import { describe, expect, it } from 'vitest';
import { describeEngines, engines, inBothBuilds, load } from '../support/generator.ts';
import { handshakesAt } from '../support/proc.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { freePort } from '../support/server-process.ts';
import { startStoppedServer } from '../support/stopped-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const connections = 6;

describeEngines('servers that keep it waiting', (engine) => {
  it('counts requests that are never answered, with their age', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer(() => {});
      const { window, total, stalled } = await load(generator, server.port, { connections, durationMs: 300 });
      expect(window).toMatchObject({ succeeded: 0, failed: {}, bytes: 0 });
      expect(total).toEqual({
        started: connections,
        connected: connections,
        succeeded: 0,
        failed: {},
        unanswered: connections,
      });
      expect(stalled).toMatchObject({ count: connections, connecting: 0 });
      expect(stalled.oldestMs).toBeGreaterThanOrEqual(299);
      expect(stalled.oldestMs).toBeLessThan(300 + 300 + 1000);
      expect(stalled.agesMs.every(([lowerBoundMs]) => lowerBoundMs >= 200)).toBe(true);
      expect(stalled.agesMs.reduce((sum, [, count]) => sum + count, 0)).toBe(connections);
    }));

  it('counts those apart that get no handshake', () =>
    inBothBuilds(engine, async (generator) => {
      // A backlog of 1 holds two connections; webbench's knock takes one of these places. Client processes may
      // overfill it by one: the kernel looks whether there is room and takes the place in two steps, on two cores.
      const server = await startStoppedServer(1);
      const { total, stalled } = await load(generator, server.port, { connections, durationMs: 300 });
      expect(total).toMatchObject({ started: connections, failed: {}, unanswered: connections });
      expect(engine === 'processes' ? [1, 2] : [2]).toContain(total.connected);
      expect(stalled).toMatchObject({ count: connections, connecting: connections - total.connected });
    }));

  it('ends on time under an endless response', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = (): void => {
          while (socket.writable && socket.write(Buffer.alloc(65_536))) {}
          socket.once('drain', more);
        };
        more();
      });
      const { total } = await load(generator, server.port, { connections: 2, durationMs: 300 });
      expect(total).toMatchObject({ started: 2, succeeded: 0, failed: {}, unanswered: 2 });
    }));

  it('waits for the end of the stream, even when the response is whole', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer((socket) => void socket.write(wholeResponse()));
      const { total } = await load(generator, server.port, { connections });
      expect(total).toMatchObject({ succeeded: 0, failed: {}, unanswered: connections });
    }));

  it('counts refusals without spinning on them', () =>
    inBothBuilds(engine, async (generator) => {
      const { window, total, connectTimeUs } = await load(generator, await freePort(), { connections });
      expect(total).toMatchObject({ connected: 0, succeeded: 0, unanswered: 0 });
      expect(Object.keys(total.failed)).toEqual(['connectRefused']);
      expect(window.failed.connectRefused).toBeGreaterThanOrEqual(connections);
      expect(window.failed.connectRefused).toBeLessThanOrEqual(3 * connections);
      expect(connectTimeUs).toEqual({ count: 0, mean: 0, max: 0, buckets: [] });
    }));

  it('counts what succeeded before the server went away', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
      const loading = load(generator, server.port, { connections, durationMs: 800 });
      await waitUntil('it has answered some', () => server.requests.length > 10 * connections);
      server.vanish();
      const { window, total } = await loading;
      expect(window.succeeded).toBeGreaterThan(0);
      expect(window.failed.connectRefused).toBeGreaterThan(0);
      expect(
        Object.keys(total.failed).filter((cause) => !['reset', 'connectRefused'].includes(cause)),
      ).toEqual([]);
      expect(window.firstHalf.succeeded).toBeGreaterThan(window.secondHalf.succeeded);
    }));
});

describe('a server that was slow to accept', () => {
  it.each(engines)('shows as a connect time of the retransmitted handshake: %s', async (engine) => {
    const server = await startStoppedServer(1);
    // Long enough for a second retransmission, after 3 s, should the first come too early on a busy machine.
    const loading = load({ engine, build: 'release' }, server.port, { connections, durationMs: 4000 });
    // A backlog of 1 holds two connections; webbench's knock takes one of these places, and client processes may
    // overfill it by one.
    const waiting = connections - 2;
    await waitUntil(
      'the others wait for their handshake',
      async () => (await handshakesAt(server.port)) >= waiting,
    );
    server.kill('SIGCONT');
    const { window, connectTimeUs, responseTimeUs } = await loading;
    expect(connectTimeUs.count).toBe(window.succeeded);
    expect(connectTimeUs.max).toBeGreaterThanOrEqual(1_000_000);
    const slow = connectTimeUs.buckets.filter(([lowestUs]) => lowestUs >= 950_000);
    expect(slow.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0);
    expect(responseTimeUs.max).toBeGreaterThanOrEqual(connectTimeUs.max);
  });
});

describeEngines(
  'the drain',
  (engine) => {
    const answerLate = (socket: { end(text: string): void }): void =>
      void setTimeout(() => socket.end(wholeResponse()), 400);

    it('lets requests in flight end, without counting them in the window', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer(answerLate);
        const { window, total, stalled } = await load(generator, server.port, {
          connections,
          durationMs: 200,
          drainMs: 5000,
        });
        expect(window).toMatchObject({ succeeded: 0, failed: {} });
        expect(total).toMatchObject({ started: connections, succeeded: connections, unanswered: 0 });
        expect(stalled).toEqual({ count: 0, connecting: 0, oldestMs: 0, agesMs: [] });
      }));

    it('ends when its time is up', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer(answerLate);
        const { total } = await load(generator, server.port, { connections, durationMs: 200, drainMs: 0 });
        expect(total).toMatchObject({ started: connections, succeeded: 0, unanswered: connections });
      }));
  },
  ['uring', 'epoll'],
);
