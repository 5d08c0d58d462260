import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { UserError } from '../core/errors.ts';

/*
 * One run at a time on a machine, whoever starts it. The lock is an abstract unix socket: every user may bind one, in a
 * container too, it needs no directory that all may write, and the kernel removes it with its process, however that
 * ends. It says its process's id to whoever connects.
 */

export interface Lock {
  release(): Promise<void>;
}

/** The same for all users; another one where sessions are kept apart on purpose. */
export function lockName(sessionsDir: string | undefined): string {
  return sessionsDir === undefined ? '\0forkbench' : `\0forkbench-${digest(sessionsDir)}`;
}

/** Of whoever writes to the run at this path, which must have no links in it. */
export const runLockName = (directory: string): string => `\0forkbench-run-${digest(directory)}`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** What is said to whoever finds it taken, by the process that has it, which is empty where it does not say. */
type Refusal = (pid: string) => UserError;

const measuring: Refusal = (pid) =>
  new UserError(
    `another forkbench run${pid === '' ? '' : ` (process ${pid})`} is measuring on this machine; two at once would measure each other`,
    `wait for it${pid === '' ? '' : `, or end it with: kill ${pid}`}`,
  );

/** Throws UserError while another process holds it. */
export async function takeLock(name: string, refusal: Refusal = measuring): Promise<Lock> {
  const server = createServer((socket) => socket.on('error', ignore).end(String(process.pid)));
  server.listen(name);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw refusal(await holderOf(name));
  }
  // It lasts as long as the run, and not the other way round.
  server.unref();
  return { release: () => closed(server) };
}

const ignore = (): void => undefined;

/** The process that holds it; empty where it does not say so within a second. */
async function holderOf(name: string): Promise<string> {
  const socket: Socket = connect(name).setEncoding('utf8').setTimeout(1000);
  socket.on('timeout', () => socket.destroy()).on('error', ignore);
  let said = '';
  socket.on('data', (text: string) => (said += text));
  await once(socket, 'close');
  return /^\d+$/.test(said) ? said : '';
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
