import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Machine } from '../../harness/core/plugin.ts';
import type { RepeatRecord } from '../../harness/core/record.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { openContained, type ContainedSession } from '../support/contained-session.ts';
import { usableContainments } from '../support/driver.ts';
import { tracedRepeat, type TracedServer } from '../support/traced-repeat.ts';

/*
 * Real tracers on real servers, in network namespaces.
 */

const tracers = ['strace', 'strace-wall', 'syscall-times'] as const;
const prefork: TracedServer = { plugin: 'epoll-prefork', params: { workers: 2 } };

let session: ContainedSession;
let machine: Machine;

async function open(containment: string): Promise<void> {
  session = await openContained(containment);
  machine = session.machine;
}

/** Skips the test, saying why, where this machine does not allow the tracer. */
async function requireTracer(tracer: string, context: TestContext): Promise<void> {
  const problem = await (await loadPlugin('probes', tracer)).check(machine);
  if (problem !== null) context.skip(`${tracer} cannot be used: ${problem.reason}`);
}

/** How often each role called each syscall. */
function callsByRole({
  syscalls = [],
  syscallTimes = [],
}: RepeatRecord): Record<string, Record<string, number>> {
  const calls: Record<string, Record<string, number>> = {};
  const rows = [
    ...syscalls.flatMap(({ role, rows: ofRole }) => ofRole.map((row) => ({ role, ...row }))),
    ...syscallTimes,
  ];
  for (const { role, syscall, calls: count } of rows) (calls[role] ??= {})[syscall] = count;
  return calls;
}

/** Each connection is closed once; a client may have all it wants, and the tracer go, before that call returns. */
function expectCloses({ close }: Record<string, number>, answered: number, workers: number): void {
  expect(close).toBeLessThanOrEqual(answered);
  expect(close).toBeGreaterThanOrEqual(answered - workers);
}

const answeredBy = ({ server }: RepeatRecord): number =>
  server!.processes.reduce((sum, { answered }) => sum + answered, 0);

/** In a PID namespace the tracers know the server's processes by other ids than the harness. */
const containments = (await usableContainments()).filter(
  (containment, index) => index === 0 || containment === 'pid-namespace',
);

describe.each(containments)('in containment %s', (containment) => {
  beforeEach(() => open(containment));
  afterEach(() => session.close());

  it.for(tracers)('%s tells the parent of a prefork server from its workers', async (tracer, context) => {
    await requireTracer(tracer, context);
    const { record, raw } = await tracedRepeat(machine, 'netns', prefork, tracer);
    expect(record).toMatchObject({ status: 'ok', unavailable: [], tracer });
    const { parent, worker, ...others } = callsByRole(record);
    expect(others).toEqual({});
    expect(Object.keys(parent!).sort()).toEqual(['epoll_wait', 'sendto']);
    expect(worker).not.toHaveProperty('sendto');
    // Of both workers together: each answer is written once.
    const answered = answeredBy(record);
    expect(answered).toBeGreaterThan(0);
    expect(worker).toMatchObject({ writev: answered });
    expectCloses(worker!, answered, 2);
    expect(worker!['accept4']).toBeGreaterThanOrEqual(answered);
    expect(worker!['recvfrom']).toBeGreaterThanOrEqual(answered);
    expect(worker).toHaveProperty('epoll_wait');
    expect(Object.keys(raw).filter((name) => /strace|syscall-times/.test(name)).length).toBe(
      // The times, and how the tracer ended; or a table a process.
      tracer === 'syscall-times' ? 2 : 3,
    );
  });
});

describe('tracing', () => {
  beforeEach(() => open(containments[0]!));
  afterEach(() => session.close());

  describe.each(tracers)('by %s', (tracer) => {
    it('finds the four calls of a blocking server', async (context) => {
      await requireTracer(tracer, context);
      const { record } = await tracedRepeat(machine, 'netns', { plugin: 'blocking-serial' }, tracer);
      expect(record.unavailable).toEqual([]);
      const { only, ...others } = callsByRole(record);
      expect(others).toEqual({});
      expect(Object.keys(only!).sort()).toEqual(['accept', 'close', 'recvfrom', 'writev']);
      const answered = answeredBy(record);
      expect(only).toMatchObject({ recvfrom: answered, writev: answered });
      expectCloses(only!, answered, 1);
    });

    it('finds the threads of a server of one process', async (context) => {
      await requireTracer(tracer, context);
      const threads = { plugin: 'threads', params: { workers: 2 } };
      const { record } = await tracedRepeat(machine, 'netns', threads, tracer);
      expect(record.unavailable).toEqual([]);
      const { only, ...others } = callsByRole(record);
      expect(others).toEqual({});
      expect(only!['writev'] ?? only!['sendto']).toBe(answeredBy(record));
    });
  });

  it('a parent that makes no call is traced with no call', async (context) => {
    await requireTracer('strace', context);
    const waiting = { plugin: 'epoll-shared', params: { workers: 1 } };
    const { record } = await tracedRepeat(machine, 'netns', waiting, 'strace');
    expect(record.unavailable).toEqual([]);
    expect(record.syscalls!.find(({ role }) => role === 'parent')!.rows).toEqual([]);
  });

  it('a server with more processes than are traced one by one costs the profile, not the repeat', async (context) => {
    await requireTracer('strace', context);
    const many = { plugin: 'epoll-prefork', params: { workers: 16 } };
    const { record } = await tracedRepeat(machine, 'netns', many, 'strace');
    expect(record.status).toBe('ok');
    expect(record.syscalls).toBeUndefined();
    expect(record.unavailable).toEqual([
      { probe: 'strace', reason: 'the server has 17 processes; no more than 16 are traced one by one' },
    ]);
  });
});

describe('times of calls', () => {
  beforeEach(() => open('groups'));
  afterEach(() => session.close());

  it('stand in buckets that add up to the calls, and to about their time', async (context) => {
    await requireTracer('syscall-times', context);
    const { record } = await tracedRepeat(machine, 'loopback', prefork, 'syscall-times');
    expect(record.syscallTimes!.length).toBeGreaterThan(0);
    for (const { syscall, calls, timeUs, buckets } of record.syscallTimes!) {
      expect(
        buckets.reduce((sum, [, count]) => sum + count, 0),
        syscall,
      ).toBe(calls);
      const atLeastUs = buckets.reduce((sum, [lowerUs, count]) => sum + lowerUs * count, 0);
      expect(timeUs, syscall).toBeGreaterThanOrEqual(atLeastUs * 0.999);
      expect(timeUs, syscall).toBeLessThanOrEqual(2 * atLeastUs * 1.001);
    }
  });
});

describe('the program syscall-times', () => {
  beforeEach(() => open('groups'));
  afterEach(() => session.close());

  it.each([
    [[], /--processes is missing; write ROLE:PID,ROLE:PID/],
    [['--processes', '17'], /--processes 17: has no role; write ROLE:PID,ROLE:PID/],
    [['--processes', 'only:x'], /--processes x: /],
    [
      ['--processes', 'a:1,b:1,c:1'],
      /--processes a:1,b:1,c:1: names more than two roles; use one role or two/,
    ],
  ])('refuses %j, naming flag, value and remedy', async (args, message) => {
    const { exitCode, stderr } = await machine.run([machine.program('syscall-times'), ...args]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('says so where there is no such process', async () => {
    const { exitCode, stderr } = await machine.run([
      machine.program('syscall-times'),
      ...['--processes', 'only:999999999'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^syscall-times: .*(999999999|not permitted)/);
  });
});
