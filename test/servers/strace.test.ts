import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { allServers, type Program, type ServerProcess } from '../support/server-process.ts';
import { countsOf, mostInOneTurn, requireStrace, steadyCalls, trace, type Trace } from '../support/trace.ts';

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
    requireStrace(context);
    const { worker } = await trace('blocking-serial', flags, serveRequests);
    expect(countsOf(steadyCalls(worker))).toEqual({
      accept: requests + 1, // the last one waits when the server is told to end
      recvfrom: requests,
      writev: requests,
      close: requests,
    });
  },
);

it('epoll-prefork sends notices, and only its worker accepts and answers', async (context) => {
  requireStrace(context);
  const { parent, worker } = await trace('epoll-prefork', [], serveRequests);
  expect(Object.keys(countsOf(steadyCalls(parent))).sort()).toEqual(['epoll_wait', 'sendto']);
  const calls = countsOf(steadyCalls(worker));
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

it('epoll-prefork accepts no more for a notice than --accept-batch', async (context) => {
  requireStrace(context);
  const oneNotice = ['--notify-read', 'one', '--notify-trigger', 'level'];
  const flags = ['--accept-batch', '3', '--backlog', '512', ...oneNotice];
  const { worker } = await trace('epoll-prefork', flags, async ({ port, counters }) => {
    const { pid } = (await counters()).slots[1]!;
    process.kill(pid, 'SIGSTOP');
    const crowd = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(port)));
    process.kill(pid, 'SIGCONT');
    for (const client of crowd) void client.send(simpleGet);
    for (const client of crowd) expect(await client.receive()).toEqual(simpleAnswer);
  });
  expect(mostInOneTurn(steadyCalls(worker), 'accept4')).toBe(3);
});

it('epoll-prefork gives others their turn while one client sends without end', async (context) => {
  requireStrace(context);
  const bytes = 3_000_000;
  const { worker } = await trace('epoll-prefork', [], async ({ port }) => {
    const head = `GET / HTTP/1.1\r\nHost: tom\r\nContent-Length: ${bytes}\r\n\r\n`;
    expect(await exchange(port, head + 'b'.repeat(bytes))).toEqual(simpleAnswer);
  });
  // A notice may be read in the same turn as the client's share.
  expect(mostInOneTurn(steadyCalls(worker), 'recvfrom')).toBeLessThanOrEqual(18);
});

it('epoll-single answers what is there already with four calls, and sends answer and end in one', async (context) => {
  requireStrace(context);
  const { worker } = await trace('epoll-single', ['--defer-accept', '30'], serveRequests);
  const calls = countsOf(steadyCalls(worker));
  expect(calls).toMatchObject({ recvfrom: requests, sendto: requests, close: requests });
  expect(Object.keys(calls).sort()).toEqual(['accept4', 'close', 'epoll_wait', 'recvfrom', 'sendto']);
  for (const line of worker.filter((one) => one.startsWith('sendto('))) expect(line).toContain('MSG_MORE');
});

it('epoll-single without shortcuts makes the calls of a worker of epoll-prefork', async (context) => {
  requireStrace(context);
  const { worker } = await trace('epoll-single', ['--shortcuts', 'off'], serveRequests);
  const calls = countsOf(steadyCalls(worker));
  expect(calls).toMatchObject({ epoll_ctl: requests, writev: requests, close: requests });
  expect(calls['recvfrom']).toBeGreaterThanOrEqual(2 * requests);
});

it.for(['epoll-shared', 'epoll-reuseport'] as const)(
  'the parent of %s only waits',
  async (program, context) => {
    requireStrace(context);
    const { parent } = await trace(program, ['--workers', '2'], serveRequests);
    expect(countsOf(steadyCalls(parent))).toEqual({ poll: 1 });
  },
);

/** For which events the last opened listening socket was added to epoll, by these of the processes. */
function listenerEvents({ parent }: Trace, lines: readonly string[]): string | undefined {
  const listener = parent.flatMap((line) => /^listen\((\d+),/.exec(line)?.[1] ?? []).at(-1);
  const added = new RegExp(`^epoll_ctl\\(\\d+, EPOLL_CTL_ADD, ${listener}, \\{events=([A-Z|]+)`);
  return lines.flatMap((line) => added.exec(line)?.[1] ?? [])[0];
}

it.for<[Program, string[], string]>([
  ['epoll-single', [], 'EPOLLIN'],
  ['epoll-shared', [], 'EPOLLIN|EPOLLEXCLUSIVE'],
  ['epoll-shared', ['--exclusive', 'on'], 'EPOLLIN|EPOLLEXCLUSIVE'],
  ['epoll-shared', ['--exclusive', 'off'], 'EPOLLIN'],
  ['epoll-reuseport', ['--workers', '2'], 'EPOLLIN'],
  ['threads', [], 'EPOLLIN|EPOLLEXCLUSIVE'],
  ['threads', ['--exclusive', 'off'], 'EPOLLIN'],
])('a worker of %s %j waits for connections with %s', async ([program, flags, events], context) => {
  requireStrace(context);
  const traced = await trace(program, flags, serveRequests);
  expect(listenerEvents(traced, program === 'threads' ? traced.all : traced.worker)).toBe(events);
});

it.for<[string[], string]>([
  [[], 'EPOLLIN'],
  [['--listen-trigger', 'level'], 'EPOLLIN'],
  [['--listen-trigger', 'edge'], 'EPOLLIN|EPOLLET'],
])('the parent of epoll-prefork %j waits for connections with %s', async ([flags, events], context) => {
  requireStrace(context);
  const traced = await trace('epoll-prefork', flags, serveRequests);
  expect(listenerEvents(traced, traced.parent)).toBe(events);
  expect(listenerEvents(traced, traced.worker)).toBeUndefined();
});

it.for<[string[], string, string, string]>([
  [[], 'sendto', 'recvfrom', '4096'],
  [['--notify-channel', 'pipe'], 'write', 'read', '4096'],
  [['--notify-read', 'one'], 'sendto', 'recvfrom', '4'],
  [['--notify-channel', 'pipe', '--notify-read', 'one'], 'write', 'read', '4'],
])(
  'notices of epoll-prefork %j go by %s and %s of %s bytes',
  async ([flags, send, receive, bytes], context) => {
    requireStrace(context);
    const { parent, worker } = await trace('epoll-prefork', flags, serveRequests);
    expect(
      parent.filter((line) => new RegExp(`^${send}\\(\\d+, "conn", 4[,)]`).test(line)).length,
    ).toBeGreaterThanOrEqual(1);
    const taken = worker.filter((line) =>
      new RegExp(`^${receive}\\(\\d+, "conn.*", ${bytes}[,)]`).test(line),
    );
    expect(taken.length).toBeGreaterThanOrEqual(1);
  },
);

it.for<[string[], boolean]>([
  [[], true],
  [['--notify-trigger', 'edge'], true],
  [['--notify-trigger', 'level'], false],
])('a worker of epoll-prefork %j watches its channel edge-triggered: %s', async ([flags, edge], context) => {
  requireStrace(context);
  const { worker } = await trace('epoll-prefork', flags, serveRequests);
  // Before its first client a worker watches its channel, then the pipe for signals.
  const [channel, signals] = worker.flatMap(
    (line) => /EPOLL_CTL_ADD, \d+, \{events=([A-Z|]+)/.exec(line)?.[1] ?? [],
  );
  expect([channel, signals]).toEqual([edge ? 'EPOLLIN|EPOLLET' : 'EPOLLIN', 'EPOLLIN']);
});

it.for(allServers)('%s asks for TCP_DEFER_ACCEPT only when told to', async (program, context) => {
  requireStrace(context);
  const deferred = async (flags: string[]): Promise<string[]> =>
    (await trace(program, flags, serveRequests)).parent.filter((line) => line.includes('TCP_DEFER_ACCEPT'));
  expect(await deferred([])).toEqual([]);
  expect(await deferred(['--defer-accept', '7'])).toContainEqual(
    expect.stringMatching(/^setsockopt\(\d+, SOL_TCP, TCP_DEFER_ACCEPT, \[7\], 4\)\s+= 0$/),
  );
});
