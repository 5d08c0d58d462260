import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGeneratorOutput, toHdr } from '../../harness/core/generator-output.ts';
import { buildProbe } from '../support/build-probe.ts';
import { describeEngines, inBothBuilds, load, loadFlags, runGenerator } from '../support/generator.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { freePort, startServer, temporaryDirectory } from '../support/server-process.ts';
import { startStoppedServer } from '../support/stopped-server.ts';

const openEngines = ['uring', 'epoll'] as const;

describeEngines(
  'load at a fixed rate',
  (engine) => {
    it.each(['constant', 'poisson'])('is what was asked for, and counted by the server: %s', (arrivals) =>
      inBothBuilds(engine, async (generator) => {
        const server = await startServer({ program: 'epoll-single', build: 'release' }, [
          '--backlog',
          '1024',
        ]);
        const rate = 400;
        const result = await load(generator, server.port, {
          connections: 400,
          warmupMs: 250,
          durationMs: 1000,
          drainMs: 5000,
          more: ['--rate', String(rate), '--arrivals', arrivals],
        });
        const openLoop = result.openLoop!;
        const counted = await server.settled();
        expect(openLoop).toMatchObject({ rate, arrivals, seed: arrivals === 'poisson' ? 1 : null });
        expect(counted.accepted).toBe(result.total.connected);
        expect(counted.answered).toBe(result.total.succeeded);
        expect(result.total).toMatchObject({ failed: {}, unanswered: 0 });
        // 400 within a window of a second, or as many as Poisson's distribution has with a standard deviation of 20.
        const expected = (rate * result.windowMs) / 1000;
        const margin = arrivals === 'poisson' ? 100 : 1;
        expect(Math.abs(openLoop.planned - expected)).toBeLessThanOrEqual(margin);
        const warmedUp = (rate * result.warmup!.durationMs) / 1000;
        expect(Math.abs(openLoop.before.planned - warmedUp)).toBeLessThanOrEqual(margin);
        // Whatever does not start in time was planned just before the end.
        expect(openLoop.oldestUnstartedMs).toBeLessThan(500);
        expect(openLoop.started).toBeGreaterThan(openLoop.planned / 2);
        // They did not wait: there are as many connections as requests in a second.
        expect(openLoop).toMatchObject({ waited: 0, before: { unstarted: 0 } });
        expect(result.responseTimeUs.mean).toBeGreaterThan(result.connectTimeUs.mean);
        expect(result.responseTimeUs.mean).toBeGreaterThanOrEqual(openLoop.scheduleErrorUs.mean / 2);
      }),
    );

    it('has no more in flight than connections; what is planned beyond waits, and is counted', () =>
      inBothBuilds(engine, async (generator) => {
        let inFlight = 0;
        let most = 0;
        const answerLater = async (socket: net.Socket): Promise<void> => {
          most = Math.max(most, ++inFlight);
          await sleep(100);
          inFlight -= 1;
          socket.end(wholeResponse());
        };
        const server = await startScriptedServer(answerLater);
        const [connections, rate, durationMs] = [3, 100, 1000];
        const result = await load(generator, server.port, {
          connections,
          durationMs,
          more: ['--rate', String(rate)],
        });
        const openLoop = result.openLoop!;
        expect(most).toBe(connections);
        // Three connections that take a tenth of a second each make 30 of the 100 requests at most.
        expect(openLoop.planned).toBeGreaterThanOrEqual(100);
        expect(openLoop.started).toBeLessThanOrEqual(33);
        expect(openLoop.unstarted).toBeGreaterThanOrEqual(67);
        // The first ones found a free connection; where the window began late, before it.
        expect(openLoop.waited).toBe(openLoop.started - Math.max(0, connections - openLoop.before.planned));
        // The oldest that did not start was planned after those that did, counted from the start of the warm-up.
        const plannedMs = ((openLoop.before.planned + openLoop.started) * 1000) / rate;
        const oldestMs = result.warmup!.durationMs + result.windowMs - plannedMs;
        expect(Math.abs(openLoop.oldestUnstartedMs - oldestMs)).toBeLessThan(2);
        // A response time counts from the plan, and so holds the wait.
        expect(result.responseTimeUs.max).toBeGreaterThan(openLoop.waitUs.max * 0.7 + 95_000);
        expect(openLoop.waitUs.max).toBeGreaterThan(300_000);
        expect(openLoop.scheduleErrorUs.max).toBeLessThan(openLoop.waitUs.max);
      }));

    it('carries over into the window what its warm-up left', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startStoppedServer(64);
        const { openLoop, stalled, total } = await load(generator, server.port, {
          connections: 5,
          warmupMs: 300,
          durationMs: 300,
          drainMs: 100,
          more: ['--rate', '100'],
        });
        expect(total).toMatchObject({ started: 5, unanswered: 5 });
        const { planned } = openLoop!.before;
        expect(openLoop!.before).toEqual({ planned, carriedOver: planned - 5, unstarted: planned - 5 });
        // More where the window begins late.
        expect(planned).toBeGreaterThanOrEqual(30);
        expect(planned).toBeLessThan(50);
        expect(openLoop).toMatchObject({ started: 0, waited: 0, unstarted: openLoop!.planned });
        expect(Math.abs(openLoop!.planned - 30)).toBeLessThanOrEqual(10);
        // The first stalled request was to start at once, the oldest unstarted one 50 ms later.
        expect(openLoop!.oldestUnstartedMs).toBeGreaterThanOrEqual(549);
        expect(stalled.oldestMs).toBeGreaterThanOrEqual(700);
      }));

    it('goes on beside requests that fail', () =>
      inBothBuilds(engine, async (generator) => {
        const { openLoop, total } = await load(generator, await freePort(), {
          connections: 200,
          durationMs: 1000,
          more: ['--rate', '100'],
        });
        expect(openLoop!.waited).toBe(0);
        expect(openLoop!.started).toBeGreaterThan(80);
        expect(total).toMatchObject({ succeeded: 0, failed: { connectRefused: total.started } });
      }));

    it('waits for connections that rest after a failure', () =>
      inBothBuilds(engine, async (generator) => {
        const { openLoop, total } = await load(generator, await freePort(), {
          connections: 2,
          durationMs: 1000,
          more: ['--rate', '100'],
        });
        // Each rests for a tenth of a second.
        expect(total.started).toBeLessThanOrEqual(2 * 11);
        expect(total.started).toBeGreaterThanOrEqual(6);
        expect(openLoop!.waited).toBe(openLoop!.started - Math.max(0, 2 - openLoop!.before.planned));
        expect(openLoop!.unstarted).toBe(openLoop!.planned - openLoop!.started);
      }));
  },
  openEngines,
);

describe('without a precise clock for epoll', () => {
  let failCall = '';
  beforeAll(async () => {
    failCall = await buildProbe('test/support/fail-call.cc', await temporaryDirectory(afterAll));
  });

  it.each([
    ['an old kernel', 38],
    ['a filter of a container', 1],
  ])('keeps the rate, too: %s', async (_, errno) => {
    const server = await startServer({ program: 'epoll-single', build: 'release' }, ['--backlog', '1024']);
    const times = { connections: 100, durationMs: 500 };
    const exit = await runGenerator(
      'release',
      [...loadFlags({ engine: 'epoll', port: server.port }, times), '--rate', '300'],
      [failCall, 'epoll_pwait2', String(errno)],
    );
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    const { openLoop } = parseGeneratorOutput(exit.stdout);
    expect(Math.abs(openLoop!.planned - 150)).toBeLessThanOrEqual(15);
    expect(openLoop!.started).toBeGreaterThan(75);
    // To sleep until the next millisecond would make half of them more than half a millisecond late.
    expect(toHdr(openLoop!.scheduleErrorUs.buckets).getValueAtPercentile(25)).toBeLessThan(500);
  });
});
