import { describe, expect, it } from 'vitest';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import {
  describeEngines,
  inBothBuilds,
  load,
  loadFlags,
  runGenerator,
  startGenerator,
} from '../support/generator.ts';
import { receiveBuffersAt, timeWaitsAt } from '../support/proc.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { waitUntil } from '../support/wait-until.ts';

/*
 * TIME_WAIT is looked for only where it must not be: the machine keeps so many of them, and no more once the tests
 * before have left it as many.
 */

/** The options that change how a client behaves, by what a server sees of it. */
const engines = ['uring', 'epoll'] as const;
const connections = 4;

/** Answers and leaves the closing to the client. */
const startPatientServer = (response = wholeResponse()) =>
  startScriptedServer((socket) => void socket.write(response));

describeEngines(
  '--send-delay',
  (engine) => {
    it('keeps the request back, but not the connection', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
        const { total, stalled } = await load(generator, server.port, {
          connections,
          more: ['--send-delay', '60000'],
        });
        expect(server.requests).toEqual(Array(connections).fill(''));
        expect(total).toMatchObject({ connected: connections, succeeded: 0, unanswered: connections });
        expect(stalled.connecting).toBe(0);
      }));

    it('is part of the response time, not of the connect time', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
        const { total, connectTimeUs, responseTimeUs } = await load(generator, server.port, {
          connections,
          durationMs: 600,
          drainMs: 5000,
          more: ['--send-delay', '100'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(total.succeeded).toBeGreaterThanOrEqual(connections);
        expect(responseTimeUs.buckets[0]![0]).toBeGreaterThanOrEqual(99_900);
        expect(connectTimeUs.mean).toBeLessThan(responseTimeUs.mean - 90_000);
      }));

    it('still tells what the server did meanwhile', () =>
      inBothBuilds(engine, async (generator) => {
        let resets = 0;
        const server = await startScriptedServer(
          () => {},
          (socket) => {
            resets += 1;
            socket.resetAndDestroy();
          },
        );
        const { total } = await load(generator, server.port, {
          connections,
          drainMs: 5000,
          more: ['--send-delay', '50'],
        });
        expect(resets).toBeGreaterThanOrEqual(connections);
        expect(total).toMatchObject({ succeeded: 0, unanswered: 0 });
        expect(Object.keys(total.failed)).toEqual(['reset']);
      }));
  },
  engines,
);

describeEngines(
  '--read-rate',
  (engine) => {
    it('lets the server feel that nobody reads', () =>
      inBothBuilds(engine, async (generator) => {
        // More than the largest send buffer.
        const response = wholeResponse('x'.repeat(12_000_000));
        let wholly = 0;
        const server = await startScriptedServer(
          (socket) => void socket.write(response, () => (wholly += 1)),
        );
        const times = { connections, durationMs: 500, drainMs: 2000 };
        const flags = loadFlags({ engine, port: server.port }, times);
        const process = startGenerator(generator.build, [...flags, '--read-rate', '20000']);
        const buffers = await waitUntil('all connections are there', async () => {
          const found = await receiveBuffersAt(server.port);
          return found.length === connections && found;
        });
        for (const bytes of buffers) expect(bytes).toBeLessThanOrEqual(32_768);
        await waitUntil('the window ends', () => process.stdout().includes('windowEnd'));
        expect(wholly).toBe(0);
        const { total } = parseGeneratorOutput((await process.exited).stdout);
        expect(total).toMatchObject({
          started: connections,
          succeeded: 0,
          failed: {},
          unanswered: connections,
        });
      }));

    it('makes a response last at least as long as the rate says', () =>
      inBothBuilds(engine, async (generator) => {
        const response = wholeResponse('x'.repeat(3000));
        const server = await startScriptedServer((socket) => void socket.end(response));
        const { total, window, responseTimeUs } = await load(generator, server.port, {
          connections,
          durationMs: 1000,
          drainMs: 5000,
          more: ['--read-rate', '10000'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(window.bytes).toBe(window.succeeded * response.length);
        expect(responseTimeUs.buckets[0]![0]).toBeGreaterThanOrEqual(300_000);
      }));

    it.each([1, 1_000_000, 100_000_000])('can be %d', (rate) =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
        const { total } = await load(generator, server.port, { more: ['--read-rate', String(rate)] });
        expect(total.failed).toEqual({});
        expect(total.succeeded > 0).toBe(rate > 1);
      }),
    );
  },
  engines,
);

describeEngines(
  '--close',
  (engine) => {
    it('client: the client ends its side first, so that TIME_WAIT is not the server’s', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startPatientServer();
        const { total } = await load(generator, server.port, {
          connections,
          drainMs: 5000,
          more: ['--close', 'client', '--path', '/x'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(total.succeeded).toBeGreaterThanOrEqual(connections);
        expect(server.errors).toEqual([]);
        expect(new Set(server.requests)).toEqual(
          new Set([`GET /x HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`]),
        );
        expect((await timeWaitsAt(server.port)).server).toBe(0);
      }));

    it('reset: the client resets, and nobody is left in TIME_WAIT', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startPatientServer();
        const { total } = await load(generator, server.port, {
          connections,
          drainMs: 5000,
          more: ['--close', 'reset'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(total.succeeded).toBeGreaterThanOrEqual(connections);
        await waitUntil('the server has seen every reset', () => server.errors.length >= total.succeeded);
        expect(new Set(server.errors.map((error) => (error as NodeJS.ErrnoException).code))).toEqual(
          new Set(['ECONNRESET']),
        );
        expect(await timeWaitsAt(server.port)).toEqual({ client: 0, server: 0 });
      }));

    it('server: TIME_WAIT is not the client’s', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
        const { total } = await load(generator, server.port, {
          connections,
          drainMs: 5000,
          more: ['--close', 'server'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(server.errors).toEqual([]);
        expect((await timeWaitsAt(server.port)).client).toBe(0);
      }));

    const bodies: [string, string, object][] = [
      ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n', { failed: {}, unanswered: 0 }],
      ['that is too long', 'Content-Length: 2\r\n\r\nyes', { succeeded: 0, unanswered: 0 }],
      ['without a length', 'Server: none\r\n\r\nyes', { succeeded: 0, failed: {}, unanswered: connections }],
      ['that is not all there', 'Content-Length: 4\r\n\r\nyes', { succeeded: 0, unanswered: connections }],
    ];
    it.each(bodies)('client: knows a response %s', (_, rest, expected) =>
      inBothBuilds(engine, async (generator) => {
        const server = await startPatientServer(`HTTP/1.1 200 OK\r\n${rest}`);
        const { total } = await load(generator, server.port, { connections, more: ['--close', 'client'] });
        expect(total).toMatchObject(expected);
      }),
    );

    it('client: reads large responses to their end', () =>
      inBothBuilds(engine, async (generator) => {
        const response = wholeResponse('x'.repeat(3_000_000));
        const server = await startPatientServer(response);
        const { total, window } = await load(generator, server.port, {
          connections: 2,
          durationMs: 700,
          drainMs: 5000,
          more: ['--close', 'client'],
        });
        expect(total).toMatchObject({ failed: {}, unanswered: 0 });
        expect(window.bytes).toBe(window.succeeded * response.length);
        expect(window.succeeded).toBeGreaterThan(0);
      }));
  },
  engines,
);

describe('the processes engine', () => {
  it.each([
    ['--send-delay', '1'],
    ['--read-rate', '1'],
    ['--close', 'client'],
    ['--ramp-ms', '1'],
  ])('has no %s, since webbench has none', async (flag, value) => {
    const exit = await runGenerator('release', ['--engine', 'processes', flag, value]);
    expect(exit).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `shortconn: ${flag} means nothing to --engine processes; leave it out`,
    });
  });
});
