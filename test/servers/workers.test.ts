import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openFiles, processState } from '../support/proc.ts';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import {
  describeServers,
  epollServers,
  forkingServers,
  startServer,
  workerFlags,
  type ServerProcess,
} from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Closed-loop clients until `stop`; what each connection brought, or why it failed. */
function startLoad(port: number, clients: number): { outcomes: string[]; stop: () => Promise<void> } {
  const outcomes: string[] = [];
  let running = true;
  const loops = Array.from({ length: clients }, async () => {
    while (running) {
      const client = await RawClient.connect(port);
      void client.send(simpleGet);
      const { text, end } = await client.receive();
      outcomes.push(end === 'closed' && text === simpleAnswer.text ? 'answered' : end);
    }
  });
  return {
    outcomes,
    stop: async () => {
      running = false;
      await Promise.all(loops);
    },
  };
}

const workerPid = async (server: ServerProcess, slot: number): Promise<number> =>
  (await server.counters()).slots[slot]!.pid;

/** Whatever accepts: the last of the workers, or the only process. */
const lastPid = async (server: ServerProcess): Promise<number> => (await server.counters()).slots.at(-1)!.pid;

/** Kills the worker of a slot and waits for its successor. */
async function killAndAwaitReplacement(server: ServerProcess, slot: number): Promise<void> {
  const before = await server.counters();
  process.kill(before.slots[slot]!.pid, 'SIGKILL');
  await waitUntil('the worker is replaced', async () => (await server.counters()).respawns > before.respawns);
}

/** Whether the process uses no CPU to speak of for a while. */
async function becomesIdle(pid: number): Promise<void> {
  await waitUntil(`process ${pid} is idle`, async () => {
    const before = (await processState(pid))!.cpuTicks;
    await sleep(200);
    return (await processState(pid))!.cpuTicks - before <= 1;
  });
}

describeServers(
  'workers with notices',
  (program) => {
    it('share the connections, by notices in turn', async () => {
      const server = await startServer(program, ['--workers', '3']);
      for (let count = 0; count < 60; count++) await exchange(server.port, simpleGet);
      expect(await server.settled()).toMatchObject({ accepted: 60, answered: 60, errors: 0 });
      const { slots } = await server.counters();
      expect(slots).toHaveLength(4);
      expect(slots[0]).toMatchObject({ accepted: 0, answered: 0, bytesSent: 0, noticesReceived: 0 });
      for (const worker of slots.slice(1)) {
        expect(worker).toMatchObject({ noticesSent: 0, bytesSent: 66 * worker.answered });
        expect(worker.answered).toBeGreaterThan(0);
        expect(worker.noticesReceived).toBeGreaterThan(10);
      }
      await waitUntil('every notice has arrived', async () => {
        const totals = await server.totals();
        return totals.noticesSent === totals.noticesReceived;
      });
    });

    it('leave nothing in the queue when a notice round ends before it is empty', async () => {
      const server = await startServer(program, ['--accept-batch', '1', '--backlog', '512']);
      const answers = await Promise.all(Array.from({ length: 200 }, () => exchange(server.port, simpleGet)));
      for (const answer of answers) expect(answer).toEqual(simpleAnswer);
    });

    it('get their notices from a parent that never waits for them', async () => {
      const server = await startServer(program, ['--backlog', '64']);
      const worker = await workerPid(server, 1);
      process.kill(worker, 'SIGSTOP');
      onTestFinished(() => {
        try {
          process.kill(worker, 'SIGCONT');
        } catch {
          // gone already
        }
      });
      const waiting = exchange(server.port, simpleGet);
      await waitUntil('the channel is full', async () => (await server.counters()).slots[0]!.eagains > 1000);
      const { noticesSent } = (await server.counters()).slots[0]!;
      expect(noticesSent).toBeGreaterThan(10);
      process.kill(worker, 'SIGCONT');
      expect(await waiting).toEqual(simpleAnswer);
      await becomesIdle(server.pid);
    });
  },
  ['epoll-prefork'],
);

describeServers(
  'workers',
  (program) => {
    it('are replaced when killed under load, and the service goes on', async () => {
      const server = await startServer(program, ['--workers', '2', '--backlog', '512'], {
        expectReplacedWorkers: true,
      });
      const clients = 40;
      const load = startLoad(server.port, clients);
      await waitUntil('the load runs', () => load.outcomes.length > 200);
      const victim = await workerPid(server, 1);
      await killAndAwaitReplacement(server, 1);
      const successor = await workerPid(server, 1);
      expect(successor).not.toBe(victim);
      const { accepted } = (await server.counters()).slots[1]!;
      await waitUntil('the successor accepts', async () => {
        return (await server.counters()).slots[1]!.accepted > accepted + 50;
      });
      await load.stop();

      const failures = load.outcomes.filter((outcome) => outcome !== 'answered');
      expect(failures.length).toBeLessThanOrEqual(clients);
      expect(server.stderr()).toContain(`worker 1 (pid ${victim}) was killed by signal 9`);
      expect(server.stderr()).toContain(`worker 1 was replaced by pid ${successor}`);
      expect((await server.counters()).respawns).toBe(1);
      const { answered } = await server.settled();
      expect(answered).toBeGreaterThanOrEqual(load.outcomes.length - failures.length);
    });

    it('leave what they had open as errors of their slot', async () => {
      const server = await startServer(program, [], { expectReplacedWorkers: true });
      const open = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(server.port)));
      await exchange(server.port, simpleGet);
      await waitUntil('all are accepted', async () => (await server.totals()).accepted === 6);
      await killAndAwaitReplacement(server, 1);
      for (const client of open) expect((await client.receive()).text).toBe('');
      expect(await server.settled()).toMatchObject({ accepted: 6, answered: 1, errors: 5 });
      expect(await exchange(server.port, simpleGet)).toEqual(simpleAnswer);
    });

    it('that die at once are replaced more and more slowly, without a spinning parent or a lost connection', async () => {
      const server = await startServer(program, [], { expectReplacedWorkers: true });
      // The first may have lived long enough not to count.
      await killAndAwaitReplacement(server, 1);
      const startedMs = performance.now();
      for (let kill = 0; kill < 3; kill++) await killAndAwaitReplacement(server, 1);
      expect(performance.now() - startedMs).toBeGreaterThan(100 + 200);

      process.kill(await workerPid(server, 1), 'SIGKILL');
      await waitUntil('the parent knows', () => server.stderr().match(/killed by signal/g)?.length === 5);
      const ticks = (await processState(server.pid))!.cpuTicks;
      expect(await exchange(server.port, simpleGet)).toEqual(simpleAnswer);
      expect((await processState(server.pid))!.cpuTicks - ticks).toBeLessThan(20);
      expect((await server.counters()).respawns).toBe(5);
    });

    it('share the listening socket with the parent and, where it is the only one, each other, and nothing else', async () => {
      const server = await startServer(program, ['--workers', '3'], { expectReplacedWorkers: true });
      await killAndAwaitReplacement(server, 2);
      expect(await exchange(server.port, simpleGet)).toEqual(simpleAnswer);

      const { slots } = await server.counters();
      const [parent = [], ...workers] = await Promise.all(
        slots.map(async ({ pid }) => [...(await openFiles(pid)).values()]),
      );
      const signalPipe = parent.filter(
        (file, index) => file.startsWith('pipe:') && parent.indexOf(file) < index,
      );
      expect(signalPipe).toHaveLength(1);
      for (const [index, files] of workers.entries()) {
        expect(files).not.toContain(signalPipe[0]);
        expect(files.filter((file) => file === 'anon_inode:[eventpoll]')).toHaveLength(1);
        const sharedWith = (other: string[]): number =>
          files.filter((file) => file.startsWith('socket:') && other.includes(file)).length;
        expect(sharedWith(parent)).toBe(1);
        const amongWorkers = program.program === 'epoll-reuseport' ? 0 : 1;
        for (const other of workers.slice(0, index)) expect(sharedWith(other)).toBe(amongWorkers);
      }
    });

    it.each(['SIGTERM', 'SIGINT'] as const)(
      'end with the parent on %s, connections open or not',
      async (signal) => {
        const server = await startServer(program, ['--workers', '2']);
        await RawClient.connect(server.port);
        await waitUntil('it is accepted', async () => (await server.totals()).accepted === 1);
        const { slots } = await server.counters();
        server.kill(signal);
        expect(await server.exited).toMatchObject({ exitCode: 0, stderr: '' });
        for (const { pid } of slots) expect(await processState(pid)).toBeNull();
        expect(await server.totals()).toMatchObject({ accepted: 1, errors: 1 });
      },
    );

    it('are killed when they do not end with the parent', async () => {
      const server = await startServer(program, ['--workers', '2'], { expectCleanExit: false });
      const { slots } = await server.counters();
      process.kill(slots[1]!.pid, 'SIGSTOP');
      server.kill('SIGTERM');
      const { exitCode, stderr } = await server.exited;
      expect(exitCode).toBe(0);
      expect(stderr).toBe(`${program.program}: pid ${slots[1]!.pid} did not end in time and was killed`);
      for (const { pid } of slots) expect(await processState(pid)).toBeNull();
    });

    it('end when the parent gets SIGKILL', async () => {
      const server = await startServer(program, ['--workers', '3'], { expectCleanExit: false });
      const { slots } = await server.counters();
      server.kill('SIGKILL');
      for (const { pid } of slots) {
        await waitUntil(`process ${pid} is gone`, async () => (await processState(pid)) === null);
      }
    });
  },
  forkingServers,
);

describeServers(
  'descriptors',
  (program) => {
    it('turn connections away when out of descriptors, without dying or spinning', async () => {
      // Threads share their descriptors, and may take those that another one had spared.
      const threads = program.program === 'threads' ? 4 : 1;
      const flags = ['--backlog', '512', ...workerFlags(program.program, threads)];
      const server = await startServer(program, flags, {
        wrapper: ['sh', '-c', 'ulimit -n 24; exec "$@"', 'sh'],
      });
      const worker = await lastPid(server);
      const clients = await Promise.all(Array.from({ length: 60 }, () => RawClient.connect(server.port)));
      await waitUntil('all are accepted', async () => (await server.totals()).accepted === clients.length);
      const kept = clients.length - (await server.totals()).errors;
      expect(kept).toBeGreaterThan(5);
      expect(kept).toBeLessThan(24);
      await becomesIdle(server.pid);
      await becomesIdle(worker);
      const warnings = server.stderr().match(/out of file descriptors.*ulimit -n/g)!.length;
      expect(warnings).toBeGreaterThanOrEqual(1);
      expect(warnings).toBeLessThanOrEqual(threads);

      for (const client of clients) client.close();
      await waitUntil('their connections have ended', async () => (await server.settled()).errors === 60);
      expect(await exchange(server.port, simpleGet)).toEqual(simpleAnswer);
      expect(await lastPid(server)).toBe(worker);
    });

    it('may open as many files as the hard limit allows', async () => {
      const server = await startServer(program, [], {
        wrapper: ['sh', '-c', 'ulimit -Sn 64; exec "$@"', 'sh'],
      });
      const limits = await readFile(`/proc/${await lastPid(server)}/limits`, 'utf8');
      const [, soft, hard] = /Max open files\s+(\d+)\s+(\d+)/.exec(limits)!;
      expect(soft).toBe(hard);
    });
  },
  epollServers,
);
