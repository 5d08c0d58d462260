import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeEngines, inBothBuilds, load, startGenerator } from '../support/generator.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { startServer } from '../support/server-process.ts';

const times = { connections: 10, warmupMs: 100, durationMs: 300, drainMs: 2000 };
const many = (requests: number, ...more: string[]): string[] => [
  '--requests-per-connection',
  String(requests),
  ...more,
];

/** An answer after which the connection goes on. */
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nforkbench';

async function passiveOpens(): Promise<number> {
  const [names = [], values = []] = (await readFile('/proc/net/snmp', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('PassiveOpens')]);
}

describeEngines(
  'several requests on a connection',
  (engine) => {
    describe.each([
      { most: 4, server: 4, client: 4 },
      { most: 3, server: 3, client: 10 },
      { most: 3, server: 10, client: 3 },
      { most: 7, server: 0, client: 7 },
      { most: 7, server: 7, client: 0 },
      { most: 1, server: 1, client: 5 },
    ])('at most $server by the server and $client by the client', ({ most, server, client }) => {
      it.each(['blocking-serial', 'epoll-single', 'epoll-prefork', 'sink'] as const)(
        'client, server and kernel agree on %s',
        (program) =>
          inBothBuilds(engine, async (generator) => {
            const { port, settled, totals } = await startServer({ program, build: 'release' }, [
              ...['--backlog', '128', '--requests-per-connection', String(server)],
            ]);
            const result = await load(generator, port, {
              ...times,
              more: [...many(client), '--expect-bytes', '66'],
            });
            const { total, window, connectionUse, connectTimeUs, responseTimeUs } = result;
            const { accepted, answered, errors, reuses } = await settled();
            expect(total).toMatchObject({ failed: {}, unanswered: 0 });
            expect(await totals()).toMatchObject({ errors: 0 });
            expect([accepted, answered, errors]).toEqual([total.connected, total.succeeded, 0]);
            const { reused, windowReused, reconnects } = connectionUse!;
            expect([reuses, reconnects]).toEqual([reused, 0]);
            expect(total.succeeded - reused).toBe(total.connected);
            expect(connectTimeUs.count).toBe(window.succeeded - windowReused);
            expect(responseTimeUs.count).toBe(window.succeeded);
            // All connections are full but for the last one of each client.
            const fewest = Math.ceil(total.succeeded / most);
            expect(total.connected).toBeGreaterThanOrEqual(fewest);
            expect(total.connected).toBeLessThanOrEqual(fewest + times.connections);
          }),
      );
    });

    it('at a fixed rate use the connections that are open', () =>
      inBothBuilds(engine, async (generator) => {
        const { port, settled } = await startServer({ program: 'epoll-single', build: 'release' }, [
          ...['--backlog', '128', '--requests-per-connection', '0'],
        ]);
        const result = await load(generator, port, { ...times, more: many(5, '--rate', '1000') });
        const { accepted, answered } = await settled();
        expect([accepted, answered]).toEqual([result.total.connected, result.total.succeeded]);
        expect(accepted).toBeLessThan(answered / 2);
      }));

    it('are sent again on a new connection when the server has left between two', () =>
      inBothBuilds(engine, async (generator) => {
        const answers = new Map<unknown, number>();
        const server = await startScriptedServer((socket) => {
          const count = (answers.get(socket) ?? 0) + 1;
          answers.set(socket, count);
          // Says nothing of the end, as a server that loses its patience.
          if (count <= 3) socket.write(answer);
          else socket.destroy();
        });
        const result = await load(generator, server.port, { ...times, more: many(0) });
        expect(result.total.failed).toEqual({});
        const { reused, reconnects } = result.connectionUse!;
        expect(reconnects).toBeGreaterThan(0);
        expect(result.total.succeeded - reused).toBe(result.total.connected);
        expect(result.connectTimeUs.count).toBe(result.window.succeeded - result.connectionUse!.windowReused);
      }));

    it('fail where the server leaves within a response', () =>
      inBothBuilds(engine, async (generator) => {
        const answers = new Map<unknown, number>();
        const server = await startScriptedServer((socket) => {
          const count = (answers.get(socket) ?? 0) + 1;
          answers.set(socket, count);
          if (count <= 2) socket.write(answer);
          else socket.end(answer.slice(0, -3));
        });
        const { total, connectionUse } = await load(generator, server.port, { ...times, more: many(0) });
        expect(total.failed['closedEarly']).toBeGreaterThan(0);
        expect(connectionUse!.reconnects).toBe(0);
        expect(total.succeeded).toBeGreaterThan(0);
      }));

    it('end with a response of HTTP/1.0, with one that says so, and with one without a length', () =>
      inBothBuilds(engine, async (generator) => {
        const last = [
          answer.replace('HTTP/1.1', 'HTTP/1.0'),
          answer.replace('\r\n', '\r\nconnection: x, CLOSE\r\n'),
          'HTTP/1.1 200 OK\r\n\r\nforkbench',
        ];
        let served = 0;
        const server = await startScriptedServer((socket) => void socket.end(last[served++ % 3]!));
        const { total, connectionUse } = await load(generator, server.port, { ...times, more: many(0) });
        expect(total).toMatchObject({ failed: {}, connected: total.succeeded });
        expect(connectionUse).toMatchObject({ reused: 0, reconnects: 0 });
      }));

    it('ask for the end with the last one only', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer((socket) => {
          const requests = server.requests.at(-1)!.split('\r\n\r\n').length - 1;
          if (requests < 3) socket.write(answer);
          else socket.end(answer);
        });
        await load(generator, server.port, { ...times, connections: 1, more: many(3) });
        const [first = ''] = server.requests;
        const wishes = first.split('\r\n\r\n').slice(0, -1);
        expect(wishes.map((text) => text.includes('Connection: close'))).toEqual([false, false, true]);
      }));
  },
  ['uring', 'epoll'],
);

it('the kernel has opened as many connections as the generator says', async () => {
  const { port } = await startServer({ program: 'epoll-single', build: 'release' }, [
    ...['--backlog', '128', '--requests-per-connection', '0'],
  ]);
  const before = await passiveOpens();
  const result = await load({ engine: 'epoll', build: 'release' }, port, { ...times, more: many(10) });
  const opened = (await passiveOpens()) - before;
  // Connections of other tests may be among them.
  expect(opened).toBeGreaterThanOrEqual(result.total.connected);
  expect(result.total.connected).toBeLessThan(result.total.succeeded / 5);
});

it('processes refuses them', async () => {
  const { exited } = startGenerator('release', ['--engine', 'processes', ...many(2)]);
  const { exitCode, stderr } = await exited;
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--requests-per-connection means nothing to --engine processes');
});
