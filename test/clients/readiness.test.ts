import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runGenerator, startGenerator } from '../support/generator.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { freePort, startServer } from '../support/server-process.ts';
import { startStoppedServer } from '../support/stopped-server.ts';

const waiting = (port: number, waitMs: number): string[] => [
  '--port',
  String(port),
  '--wait-ready-ms',
  String(waitMs),
];

describe('--wait-ready-ms', () => {
  it.each(['blocking-serial', 'epoll-prefork'] as const)('ends as soon as %s answers', async (program) => {
    const server = await startServer({ program, build: 'release' });
    const exit = await runGenerator('asan', waiting(server.port, 5000));
    expect(exit).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await server.settled()).toMatchObject({ accepted: 1, answered: 1 });
  });

  it('waits for a server that comes later', async () => {
    let answered = 0;
    const server = await startScriptedServer((socket) => {
      answered += 1;
      socket.end(answered < 4 ? 'HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n\r\n' : wholeResponse());
    });
    const exit = await runGenerator('asan', waiting(server.port, 10_000));
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.requests).toHaveLength(4);
  });

  const unready: [string, string, Parameters<typeof startScriptedServer>[0]][] = [
    ['does not answer', 'took the connection, but did not answer', () => {}],
    ['answers without end', 'did not end its response', (socket) => void socket.write(wholeResponse())],
    [
      'answers something else',
      'answered with something that is not HTTP/1',
      (socket) => void socket.end('hello\r\n'),
    ],
    ['closes', 'closed the connection without an answer', (socket) => void socket.end()],
    ['resets', 'Connection reset by peer (ECONNRESET)', (socket) => void socket.resetAndDestroy()],
    [
      'is busy',
      'answered with status 503',
      (socket) => void socket.end('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'is cut',
      'closed the connection before the whole response was there',
      (socket) => void socket.end(wholeResponse().slice(0, -1)),
    ],
  ];

  it.each(unready)('says that a server %s', async (_, reason, behave) => {
    const server = await startScriptedServer(behave);
    const exit = await runGenerator('asan', waiting(server.port, 300));
    expect(exit).toMatchObject({ exitCode: 1, stdout: '' });
    expect(exit.stderr).toBe(
      `shortconn: 127.0.0.1:${server.port} was not ready within 300 ms: ${reason}; start the server, or raise --wait-ready-ms`,
    );
  });

  it('says that nobody listens', async () => {
    const exit = await runGenerator('asan', waiting(await freePort(), 200));
    expect(exit.exitCode).toBe(1);
    expect(exit.stderr).toContain('was not ready within 200 ms: Connection refused (ECONNREFUSED);');
  });

  it('says that a full backlog does not take the connection', async () => {
    const server = await startStoppedServer(0);
    // Each attempt lasts a second: the first takes the only place, the second finds none, the third is cut short.
    const exit = await runGenerator('asan', waiting(server.port, 2200));
    expect(exit.exitCode).toBe(1);
    expect(exit.stderr).toContain('was not ready within 2200 ms: did not take the connection;');
  });

  it('ends on SIGTERM', async () => {
    const generator = startGenerator('asan', waiting(await freePort(), 60_000));
    await sleep(200);
    process.kill(generator.pid, 'SIGTERM');
    expect(await generator.exited).toMatchObject({ exitCode: 130, stdout: '', stderr: '' });
  });
});
