/*
 * usage: npm run fixtures -- [LOAD...] [--case CASE]
 *
 * Captures what the load generators of others print, into test/fixtures/LOAD/CASE.json: each is run as the harness
 * would run it, against a server that behaves, misbehaves or is not there. Without names: all that are installed.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Finished, RunningProcess } from '../harness/core/plugin.ts';
import { createMachine } from '../harness/effects/machine.ts';
import { loadPlugin } from '../harness/effects/registry.ts';
import { openSession } from '../harness/effects/session.ts';

type Behaviour = (socket: net.Socket, requestNumber: number) => void;

const response = (status: string, body = 'forkbench'): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

const answer: Behaviour = (socket) => void socket.end(response('200 OK'));

/** What the server does with each request, and after how many requests it goes away for good. */
const cases: Record<string, { behave: Behaviour; vanishAfter?: number } | 'no server'> = {
  good: { behave: answer },
  'no-server': 'no server',
  'server-vanishes': { behave: answer, vanishAfter: 200 },
  'bad-statuses': {
    behave(socket, number) {
      if (number % 4 === 2) socket.end(response('404 Not Found', 'not here'));
      else if (number % 4 === 3) socket.end(response('500 Internal Server Error'));
      else answer(socket, number);
    },
  },
  'some-resets': {
    behave(socket, number) {
      if (number % 10 === 9) socket.resetAndDestroy();
      else answer(socket, number);
    },
  },
  'some-empty': {
    behave(socket, number) {
      if (number % 10 === 9) socket.end();
      else answer(socket, number);
    },
  },
  'never-answers': { behave: () => undefined },
  // The tool itself stands still in its midst, until its time limit is over.
  hung: { behave: answer },
};

const timesMs = { warmupMs: 100, windowMs: 1000, drainMs: 0 };
const limitMs = 15_000;
const hungLimitMs = 6000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { case: { type: 'string' } } });
const wanted = Object.keys(cases).filter((name) => values.case === undefined || name === values.case);
const loads = positionals.length > 0 ? positionals : ['ab', 'autocannon', 'h2load', 'webbench', 'wrk'];
const session = await openSession(process.argv.slice(1), console.error);
try {
  const machine = createMachine(session);
  for (const id of loads) {
    const load = await loadPlugin('loads', id);
    const choice = { id, params: {} };
    const problem = await load.check(machine, choice);
    if (problem !== null) {
      console.error(`${id}: left out: ${problem.reason}; ${problem.remedy ?? ''}`);
      continue;
    }
    const directory = new URL(`../test/fixtures/${id}/`, import.meta.url);
    await mkdir(directory, { recursive: true });
    for (const name of wanted) {
      const server = await startServer(name);
      const request = { address: '127.0.0.1', port: server.port, concurrency: 5, ...timesMs, choice };
      const running = await machine.start(load.command(request, machine), {
        limitMs: name === 'hung' ? hungLimitMs : limitMs,
      });
      if (name === 'hung') await standStill(running, id);
      const finished: Finished = { ...(await running.finished), command: id };
      const served = server.stop();
      await writeFile(
        new URL(`${name}.json`, directory),
        `${JSON.stringify({ ...finished, served }, null, 2)}\n`,
      );
      console.log(
        `${id}/${name}: exit code ${String(finished.exitCode)}, ${served} requests reached the server`,
      );
    }
  }
} finally {
  await session.close();
}

/** Stops the tool while its window lasts; what runs it goes on. A load that is no program of its own stops as a whole. */
async function standStill(running: RunningProcess, tool: string): Promise<void> {
  while (!running.output().stdout.includes('windowStart')) await sleep(10);
  await sleep(timesMs.windowMs / 2);
  const found = (await treeOf(running.pid)).find(({ name }) => name === tool);
  process.kill(found?.pid ?? running.pid, 'SIGSTOP');
}

/** A process and all that came of it. */
async function treeOf(pid: number): Promise<{ pid: number; name: string }[]> {
  const text = async (file: string): Promise<string> =>
    (await readFile(`/proc/${pid}/${file}`, 'utf8')).trim();
  const children = (await text(`task/${pid}/children`)).split(' ').filter((word) => word !== '');
  const below = await Promise.all(children.map((child) => treeOf(Number(child))));
  return [{ pid, name: await text('comm') }, ...below.flat()];
}

/** Listens on a free port, unless `name` is the case without a server; `stop` tells how many requests came whole. */
async function startServer(name: string): Promise<{ port: number; stop: () => number }> {
  const plan = cases[name]!;
  let requests = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    let answered = false;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      // autocannon sends its next request on a connection that is about to be closed.
      if (plan === 'no server' || answered || !text.endsWith('\r\n\r\n')) return;
      answered = true;
      plan.behave(socket, requests);
      requests += 1;
      if (requests === plan.vanishAfter) stop();
    });
  });
  const stop = (): number => {
    server.close();
    // A socket that is being shut down cannot be reset any more, and would stay for ever.
    for (const socket of sockets) {
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    return requests;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  const { port } = server.address() as net.AddressInfo;
  if (plan === 'no server') stop();
  return { port, stop };
}
