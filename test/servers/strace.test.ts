import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { exchange, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { startServer, temporaryDirectory, type Program } from '../support/server-process.ts';

const attempt = await execa('strace', ['-o', '/dev/null', 'true'], { reject: false });
const whyNot =
  attempt.exitCode === 0 ? null : `strace can't run here: ${attempt.stderr || attempt.shortMessage}`;

/** System calls by process while `requests` are served, from the first accept to the signal that ends it. */
async function trace(
  program: Program,
  flags: readonly string[],
  requests: number,
): Promise<{ parent: Map<string, number>; worker: Map<string, number> }> {
  const file = path.join(await temporaryDirectory(), 'trace');
  const server = await startServer({ program, build: 'release' }, flags, {
    wrapper: ['strace', '-f', '-qq', '-o', file],
  });
  for (let count = 0; count < requests; count++) {
    expect(await exchange(server.port, simpleGet)).toEqual(simpleAnswer);
  }
  await server.settled();
  const { slots } = await server.counters();
  await server.stop();
  const lines = (await readFile(file, 'utf8')).split('\n');
  return {
    parent: callsBeforeSignal(lines, slots[0]!.pid),
    worker: callsBeforeSignal(lines, slots.at(-1)!.pid),
  };
}

function callsBeforeSignal(lines: readonly string[], pid: number): Map<string, number> {
  const own = lines
    .filter((line) => line.startsWith(`${pid} `))
    .map((line) => line.slice(`${pid} `.length).trim());
  const last = own.findIndex((line) => line.startsWith('--- SIGTERM'));
  const steadyFrom = own.findIndex((line) => /^(accept4?|epoll_wait)\(/.test(line));
  const calls = new Map<string, number>();
  for (const line of own.slice(steadyFrom, last)) {
    const name = /^(\w+)\(/.exec(line)?.[1];
    if (name !== undefined) calls.set(name, (calls.get(name) ?? 0) + 1);
  }
  return calls;
}

const requests = 10;

it.for<[string, string[]]>([
  ['by default', []],
  ['with work to do', ['--work-us', '100']],
])(
  'blocking-serial makes the four calls of the seed for each request and no other (%s)',
  async ([, flags], context) => {
    if (whyNot !== null) context.skip(whyNot);
    const { worker } = await trace('blocking-serial', flags, requests);
    expect(Object.fromEntries(worker)).toEqual({
      accept: requests + 1, // the last one waits when the server is told to end
      recvfrom: requests,
      writev: requests,
      close: requests,
    });
  },
);

it('epoll-prefork sends notices, and only its worker accepts and answers', async (context) => {
  if (whyNot !== null) context.skip(whyNot);
  const { parent, worker } = await trace('epoll-prefork', [], requests);
  expect([...parent.keys()].sort()).toEqual(['epoll_wait', 'sendto']);
  expect([...worker.keys()].sort()).toEqual([
    'accept4',
    'close',
    'epoll_ctl',
    'epoll_wait',
    'recvfrom',
    'writev',
  ]);
  expect(worker.get('writev')).toBe(requests);
  expect(worker.get('close')).toBe(requests);
  // Each client socket is added once, and never changed as long as an answer fits into its buffer.
  expect(worker.get('epoll_ctl')).toBe(requests);
});
