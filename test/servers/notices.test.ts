import { expect, it } from 'vitest';
import {
  acceptQueueLength,
  currentSyscall,
  isNonBlocking,
  openFiles,
  processState,
} from '../support/proc.ts';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, startServer, type ServerProcess } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What the parent's call on a full channel is. */
const sendingCall = { socketpair: 'sendto', pipe: 'write' } as const;
type Channel = keyof typeof sendingCall;

interface Prefork {
  readonly server: ServerProcess;
  readonly parent: number;
  readonly worker: number;
}

async function startPrefork(which: Parameters<typeof startServer>[0], flags: string[]): Promise<Prefork> {
  const server = await startServer(which, ['--backlog', '64', ...flags]);
  const { slots } = await server.counters();
  return { server, parent: slots[0]!.pid, worker: slots[1]!.pid };
}

const isStopped = async (pid: number): Promise<boolean> => (await processState(pid))?.state === 'T';

async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await waitUntil(`process ${pid} stands`, () => isStopped(pid));
}

/**
 * Lets the parent fill the channel of a worker that stands, which a level-triggered parent does for a single
 * connection. Returns that connection's answer to be.
 */
async function fillChannel({ server, worker, parent }: Prefork, blocking: Channel | null) {
  await stopProcess(worker);
  const answer = exchange(server.port, simpleGet);
  if (blocking !== null) {
    await waitUntil(
      'the parent waits for room',
      async () => (await currentSyscall(parent)) === sendingCall[blocking],
    );
  } else {
    await waitUntil('the channel is full', async () => (await server.counters()).slots[0]!.eagains > 10);
  }
  return { answer };
}

describeServers(
  'notices',
  (program) => {
    const edgeAndOne = ['--notify-trigger', 'edge', '--notify-read', 'one'];

    it.each<Channel>(['socketpair', 'pipe'])(
      'blocking, over a %s watched edge-triggered and read one at a time, parent and worker wait for each other',
      async (channel) => {
        const flags = ['--notify', 'blocking', '--notify-channel', channel, ...edgeAndOne];
        const prefork = await startPrefork(program, flags);
        const { server, parent, worker } = prefork;
        const { answer } = await fillChannel(prefork, channel);
        process.kill(worker, 'SIGCONT');
        // Its one notice is enough for all that wait now.
        expect(await answer).toEqual(simpleAnswer);

        const client = await RawClient.connect(server.port);
        await client.send(simpleGet);
        await waitUntil('it waits in the queue', async () => (await acceptQueueLength(server.port)) === 1);
        await waitUntil('both sleep, each in its call', async () => {
          const calls = [await currentSyscall(parent), await currentSyscall(worker)];
          return calls.join() === `${sendingCall[channel]},epoll_wait`;
        });
        const { slots } = await server.counters();
        expect(slots[1]!.noticesReceived).toBeLessThan(slots[0]!.noticesSent);
        expect(await acceptQueueLength(server.port)).toBe(1);
        expect(client.receivedBytes).toBe(0);
        const ended = await server.stop();
        expect(ended.stderr).toBe('');
      },
    );

    const harmless: string[][] = [
      ['--notify-trigger', 'edge', '--notify-read', 'drain'],
      ['--notify-trigger', 'level', '--notify-read', 'one'],
      ['--notify-trigger', 'level', '--notify-read', 'drain'],
    ];
    it.each(
      harmless.flatMap((flags) =>
        (['socketpair', 'pipe'] as const).map((channel): [string[], Channel] => [flags, channel]),
      ),
    )('blocking and %j over a %s go on once the worker does', async (flags, channel) => {
      const prefork = await startPrefork(program, [
        '--notify',
        'blocking',
        '--notify-channel',
        channel,
        ...flags,
      ]);
      const { answer } = await fillChannel(prefork, channel);
      process.kill(prefork.worker, 'SIGCONT');
      expect(await answer).toEqual(simpleAnswer);
      for (let round = 0; round < 5; round++) {
        expect(await exchange(prefork.server.port, simpleGet)).toEqual(simpleAnswer);
      }
    });

    // Each one read makes room for another, whose arrival is the next edge. With a pipe it depends on the kernel.
    it('not blocking, over a socketpair watched edge-triggered and read one at a time, go on', async () => {
      const prefork = await startPrefork(program, edgeAndOne);
      const { answer } = await fillChannel(prefork, null);
      process.kill(prefork.worker, 'SIGCONT');
      expect(await answer).toEqual(simpleAnswer);
      for (let round = 0; round < 5; round++) {
        expect(await exchange(prefork.server.port, simpleGet)).toEqual(simpleAnswer);
      }
    });

    it.each<[Channel, NodeJS.Signals]>([
      ['socketpair', 'SIGTERM'],
      ['socketpair', 'SIGINT'],
      ['pipe', 'SIGTERM'],
    ])('end with the parent though it waits for room in a %s, on %s', async (channel, signal) => {
      const prefork = await startPrefork(program, ['--notify', 'blocking', '--notify-channel', channel]);
      const { answer } = await fillChannel(prefork, channel);
      void answer.catch(() => undefined);
      prefork.server.kill(signal);
      process.kill(prefork.worker, 'SIGCONT');
      expect(await prefork.server.exited).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await processState(prefork.worker)).toBeNull();
    });

    it('blocking, reach the successor of a worker that was killed while the parent waited for it', async () => {
      const server = await startServer(program, ['--workers', '2', '--notify', 'blocking'], {
        expectReplacedWorkers: true,
      });
      const { slots } = await server.counters();
      const [parent, ...workers] = slots.map(({ pid }) => pid);
      for (const worker of workers) await stopProcess(worker);
      const answer = exchange(server.port, simpleGet);
      await waitUntil('the parent waits for room', async () => (await currentSyscall(parent!)) === 'sendto');
      for (const worker of workers) process.kill(worker, 'SIGKILL');
      expect(await answer).toEqual(simpleAnswer);
      await waitUntil('both were replaced', async () => (await server.counters()).respawns === 2);
    });

    it.each<[string, string, number]>([
      ['edge', 'pipe', 1],
      ['edge', 'socketpair', 1],
      ['level', 'socketpair', 10],
    ])(
      'of a parent that is %s-triggered (%s), one accept each, serve %d of 10 connections that come at once',
      async (trigger, channel, served) => {
        const flags = ['--listen-trigger', trigger, '--notify-channel', channel, '--accept-batch', '1'];
        const { server, parent, worker } = await startPrefork(program, flags);
        await stopProcess(parent);
        const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(server.port)));
        for (const client of clients) void client.send(simpleGet);
        await waitUntil('all are in the queue', async () => (await acceptQueueLength(server.port)) === 10);
        process.kill(parent, 'SIGCONT');
        await waitUntil('some are served', async () => (await server.totals()).answered === served);
        await waitUntil('both sleep', async () => {
          const calls = [await currentSyscall(parent), await currentSyscall(worker)];
          return calls.join() === 'epoll_wait,epoll_wait';
        });
        expect(await acceptQueueLength(server.port)).toBe(10 - served);
        expect((await server.totals()).answered).toBe(served);
      },
    );
  },
  ['epoll-prefork'],
);

it.each<[string[], boolean]>([
  [[], true],
  [['--notify-channel', 'pipe'], true],
  [['--notify', 'blocking'], false],
  [['--notify', 'blocking', '--notify-channel', 'pipe'], false],
])(
  "the parent's end of the channel with %j does not block: %s, the worker's never does",
  async (flags, free) => {
    const { parent, worker } = await startPrefork({ program: 'epoll-prefork', build: 'release' }, flags);
    const [files, workersFiles] = await Promise.all([openFiles(parent), openFiles(worker)]);
    // A pipe has one name at both ends; of the sockets only the listening one is in both processes.
    const isEndOf = (other: Map<number, string>, file: string): boolean => {
      const isShared = [...other.values()].includes(file);
      return flags.includes('pipe')
        ? file.startsWith('pipe:') && isShared
        : file.startsWith('socket:') && !isShared;
    };
    const writing = [...files].filter(([, file]) => isEndOf(workersFiles, file));
    const reading = [...workersFiles].filter(([, file]) => isEndOf(files, file));
    expect([writing.length, reading.length]).toEqual([1, 1]);
    expect(await isNonBlocking(parent, writing[0]![0])).toBe(free);
    expect(await isNonBlocking(worker, reading[0]![0])).toBe(true);
  },
);
