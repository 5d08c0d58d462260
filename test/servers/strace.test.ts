import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import {
  startServer,
  temporaryDirectory,
  type Program,
  type ServerProcess,
} from '../support/server-process.ts';

const attempt = await execa('strace', ['-o', '/dev/null', 'true'], { reject: false });
const whyNot =
  attempt.exitCode === 0 ? null : `strace can't run here: ${attempt.stderr || attempt.shortMessage}`;

/** The steady state of two processes: names of system calls, from the first wait to the signal that ends them. */
interface Trace {
  readonly parent: readonly string[];
  readonly worker: readonly string[];
}

/** Traces a server while `use` makes use of it. For a server of one process, parent and worker are the same. */
async function trace(
  program: Program,
  flags: readonly string[],
  use: (server: ServerProcess) => Promise<void>,
): Promise<Trace> {
  const file = path.join(await temporaryDirectory(), 'trace');
  const server = await startServer({ program, build: 'release' }, flags, {
    wrapper: ['strace', '-f', '-qq', '-o', file],
  });
  await use(server);
  await server.settled();
  const { slots } = await server.counters();
  await server.stop();
  const lines = (await readFile(file, 'utf8')).split('\n');
  return { parent: steadyCalls(lines, slots[0]!.pid), worker: steadyCalls(lines, slots.at(-1)!.pid) };
}

function steadyCalls(lines: readonly string[], pid: number): string[] {
  const own = lines
    .filter((line) => line.startsWith(`${pid} `))
    .map((line) => line.slice(`${pid} `.length).trim());
  const last = own.findIndex((line) => line.startsWith('--- SIGTERM'));
  const first = own.findIndex((line) => /^(accept4?|epoll_wait)\(/.test(line));
  return own.slice(first, last).flatMap((line) => /^(\w+)\(/.exec(line)?.[1] ?? []);
}

function countsOf(calls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
}

/** The most calls of that name between two waits for events. */
function mostInOneTurn(calls: readonly string[], name: string): number {
  const turns = calls.join(' ').split('epoll_wait');
  return Math.max(...turns.map((turn) => turn.split(' ').filter((call) => call === name).length));
}

async function serveRequests({ port }: ServerProcess): Promise<void> {
  for (let count = 0; count < requests; count++) {
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
  }
}

const requests = 10;

it.for<[string, string[]]>([
  ['by default', []],
  ['with work to do', ['--work-us', '100']],
])(
  'blocking-serial makes the four calls of the seed for each request and no other (%s)',
  async ([, flags], context) => {
    if (whyNot !== null) context.skip(whyNot);
    const { worker } = await trace('blocking-serial', flags, serveRequests);
    expect(countsOf(worker)).toEqual({
      accept: requests + 1, // the last one waits when the server is told to end
      recvfrom: requests,
      writev: requests,
      close: requests,
    });
  },
);

it('epoll-prefork sends notices, and only its worker accepts and answers', async (context) => {
  if (whyNot !== null) context.skip(whyNot);
  const { parent, worker } = await trace('epoll-prefork', [], serveRequests);
  expect(Object.keys(countsOf(parent)).sort()).toEqual(['epoll_wait', 'sendto']);
  const calls = countsOf(worker);
  // Each client socket is added once, and never changed as long as an answer fits into its buffer.
  expect(calls).toMatchObject({ epoll_ctl: requests, writev: requests, close: requests });
  expect(Object.keys(calls).sort()).toEqual([
    'accept4',
    'close',
    'epoll_ctl',
    'epoll_wait',
    'recvfrom',
    'writev',
  ]);
});

it('epoll-prefork accepts no more at a time than --accept-batch', async (context) => {
  if (whyNot !== null) context.skip(whyNot);
  const flags = ['--accept-batch', '3', '--backlog', '512'];
  const { worker } = await trace('epoll-prefork', flags, async ({ port, counters }) => {
    const { pid } = (await counters()).slots[1]!;
    process.kill(pid, 'SIGSTOP');
    const crowd = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(port)));
    process.kill(pid, 'SIGCONT');
    for (const client of crowd) void client.send(simpleGet);
    for (const client of crowd) expect(await client.receive()).toEqual(simpleAnswer);
  });
  expect(mostInOneTurn(worker, 'accept4')).toBe(3);
});

it('epoll-prefork gives others their turn while one client sends without end', async (context) => {
  if (whyNot !== null) context.skip(whyNot);
  const bytes = 3_000_000;
  const { worker } = await trace('epoll-prefork', [], async ({ port }) => {
    const head = `GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: ${bytes}\r\n\r\n`;
    expect(await exchange(port, head + 'b'.repeat(bytes))).toEqual(simpleAnswer);
  });
  // A notice may be read in the same turn as the client's share.
  expect(mostInOneTurn(worker, 'recvfrom')).toBeLessThanOrEqual(18);
});
