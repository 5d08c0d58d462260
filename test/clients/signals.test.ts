import { describe, expect, it } from 'vitest';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import { childrenOf } from '../support/descendants.ts';
import {
  describeEngines,
  inBothBuilds,
  loadFlags,
  startGenerator,
  type Generator,
  type GeneratorProcess,
  type LoadTimes,
} from '../support/generator.ts';
import { processState } from '../support/proc.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const connections = 8;

/** A generator in the middle of its work, and its client processes, of which the epoll engine has none. */
async function startLoad(
  generator: Generator,
  times: LoadTimes = { durationMs: 20_000 },
): Promise<{ process: GeneratorProcess; clients: number[] }> {
  const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
  const flags = loadFlags({ engine: generator.engine, port: server.port }, { connections, ...times });
  const process = startGenerator(generator.build, flags);
  await waitUntil('the window starts', () => process.stdout().includes('windowStart'));
  return { process, clients: await childrenOf(process.pid) };
}

const gone = (pids: readonly number[]): Promise<boolean> =>
  waitUntil('every client process is gone', async () => {
    const states = await Promise.all(pids.map(processState));
    return states.every((state) => state === null);
  });

describeEngines('a run that is told to end', (engine) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`by ${signal} leaves no result and no process`, () =>
      inBothBuilds(engine, async (generator) => {
        const { process: load, clients } = await startLoad(generator);
        expect(clients).toHaveLength(engine === 'processes' ? connections : 0);
        process.kill(load.pid, signal);
        const exit = await load.exited;
        expect(exit).toMatchObject({ exitCode: 130, stderr: '' });
        expect(exit.stdout).toMatch(/^\{"event":"windowStart","monotonicNs":\d+\}\n$/);
        await gone(clients);
      }));

  it('by SIGKILL leaves no process', () =>
    inBothBuilds(engine, async (generator) => {
      const { process: load, clients } = await startLoad(generator);
      process.kill(load.pid, 'SIGKILL');
      // First, since clients that go on would hold the pipe that the exit is awaited at.
      await gone(clients);
      expect(await load.exited).toMatchObject({ signal: 'SIGKILL' });
    }));
});

describe('the processes engine', () => {
  const times = { durationMs: 1000 };

  it('says so when a client is killed, and goes on with the others', async () => {
    const { process: load, clients } = await startLoad({ engine: 'processes', build: 'release' }, times);
    process.kill(clients[0]!, 'SIGKILL');
    const exit = await load.exited;
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    const { lostClients, window, total } = parseGeneratorOutput(exit.stdout);
    expect(lostClients).toBe(1);
    expect(window.secondHalf.succeeded).toBeGreaterThan(0);
    expect(total.unanswered).toBeLessThanOrEqual(connections);
  });

  it('ends when every client is killed', async () => {
    const { process: load, clients } = await startLoad({ engine: 'processes', build: 'release' }, times);
    for (const client of clients) process.kill(client, 'SIGKILL');
    const exit = await load.exited;
    expect(exit.exitCode).toBe(0);
    expect(parseGeneratorOutput(exit.stdout).lostClients).toBe(connections);
  });

  it('ends though a client is stopped', async () => {
    const { process: load, clients } = await startLoad({ engine: 'processes', build: 'release' }, times);
    process.kill(clients[0]!, 'SIGSTOP');
    const exit = await load.exited;
    expect(parseGeneratorOutput(exit.stdout)).toMatchObject({ lostClients: 1 });
    await gone(clients);
  });
});
