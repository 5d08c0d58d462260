import { describe, expect, it } from 'vitest';
import { describeEngines, engines, inBothBuilds, load } from '../support/generator.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const responseBytes = 66;

/** The server's counts once it has dealt with all that the generator connected, even if that was gone by then. */
async function countsOf(server: ServerProcess, connected: number): ReturnType<ServerProcess['settled']> {
  await waitUntil('the accept queue is empty', async () => (await server.totals()).accepted >= connected);
  return server.settled();
}

const programs = ['blocking-serial', 'epoll-prefork', 'sink'] as const;

describe.each(programs)('against %s', (program) => {
  describeEngines('what it counts', (engine) => {
    it(`is what ${program} counted`, () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startServer({ program, build: 'release' }, ['--backlog', '128']);
        const connections = 10;
        const result = await load(generator, server.port, {
          connections,
          warmupMs: 100,
          durationMs: 500,
          drainMs: 2000,
          more: ['--expect-bytes', String(responseBytes)],
        });
        const { total, window, stalled, connectTimeUs, responseTimeUs } = result;
        const counted = await countsOf(server, total.connected + (engine === 'processes' ? 1 : 0));

        // webbench's clients leave a request each when their alarm rings, and their parent has connected once before.
        const isWebbench = engine === 'processes';
        const inFlight = isWebbench ? connections : 0;
        expect(total.failed).toEqual({});
        expect(total.unanswered).toBeLessThanOrEqual(inFlight);
        const accepted = counted.accepted - (isWebbench ? 1 : 0);
        expect(accepted).toBeGreaterThanOrEqual(total.connected);
        expect(accepted).toBeLessThanOrEqual(total.connected + inFlight);
        expect(counted.answered).toBeGreaterThanOrEqual(total.succeeded);
        expect(counted.answered).toBeLessThanOrEqual(total.succeeded + inFlight);

        expect(window.succeeded).toBeGreaterThan(0);
        expect(window.succeeded).toBeLessThan(total.succeeded);
        expect(window.bytes).toBe(responseBytes * window.succeeded);
        expect(stalled.count).toBe(total.unanswered);
        expect(result).toMatchObject({ connections, engine, lostClients: 0 });
        expect(result.windowMs).toBeGreaterThanOrEqual(500);
        const { firstHalf, secondHalf } = window;
        expect(firstHalf.durationMs + secondHalf.durationMs).toBeCloseTo(result.windowMs, 1);
        expect(firstHalf.durationMs).toBeGreaterThanOrEqual(250);
        expect(result.cpu.userMs + result.cpu.systemMs).toBeGreaterThan(0);

        // In a closed loop response time times rate is the concurrency, but for the time between two requests: the
        // units fit together.
        const busy = (responseTimeUs.mean * window.succeeded) / (result.windowMs * 1000);
        expect(busy).toBeGreaterThan(connections / 4);
        expect(busy).toBeLessThan(connections * 1.5);
        expect(connectTimeUs.mean).toBeLessThan(responseTimeUs.mean);
      }));
  });
});

describe('three thousand connections', () => {
  it.each([
    ...engines.map((engine) => [engine, 'one after the other', 600] as const),
    ['uring', 'all at once', 0],
    ['epoll', 'all at once', 0],
  ] as const)('are kept busy by the %s engine: opened %s', async (engine, _, warmupMs) => {
    const server = await startServer({ program: 'epoll-prefork', build: 'release' }, ['--backlog', '4096']);
    const connections = 3000;
    const times = { connections, warmupMs, durationMs: 1000, drainMs: 5000 };
    const { total, window, lostClients } = await load({ engine, build: 'release' }, server.port, times);
    const counted = await countsOf(server, total.connected);
    expect(lostClients).toBe(0);
    expect(total.failed).toEqual({});
    expect(total.succeeded).toBeGreaterThanOrEqual(connections);
    expect(window.succeeded).toBeGreaterThan(0);
    expect(counted.accepted).toBeGreaterThanOrEqual(total.connected);
    expect(counted.answered).toBeGreaterThanOrEqual(total.succeeded);
    expect(counted.answered).toBeLessThanOrEqual(total.started);
  });
});
